"""Guided up-sampling: coarse class probabilities are looked up where a network that sees the image says."""
