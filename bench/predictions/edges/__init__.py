"""Predictions of semantic edges: saved, made by networks as they are needed, or drawn from labels."""
