"""JSON, YAML, paths, locks, hashing, environment; nothing specific to segmentation."""
