"""One file a dataset layout."""
