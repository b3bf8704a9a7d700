"""The work of the train and tune commands."""
