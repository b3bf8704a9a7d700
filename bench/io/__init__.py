"""JSON, YAML, paths, locks, hashing, environment. Knows no segmentation."""
