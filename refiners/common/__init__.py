"""One mask at a time on any kind of segmentation, merging, probabilities."""
