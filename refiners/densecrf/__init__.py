"""Fully connected CRFs with Gaussian pairwise terms (Krähenbühl and Koltun, NIPS 2011)."""
