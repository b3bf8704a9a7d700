"""One file a format of saved predictions."""
