"""Compiled loops of BPR."""
