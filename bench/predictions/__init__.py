"""Prediction sets: one module per format of saved predictions."""
