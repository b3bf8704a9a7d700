"""First floor: what changes a segmentation. Knows nothing of `bench`."""
