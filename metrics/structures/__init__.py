"""Segmentations: label maps, sets of objects, panoptic maps, edge maps, masks."""
