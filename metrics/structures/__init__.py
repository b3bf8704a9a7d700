"""What a segmentation is: label maps, sets of objects, panoptic maps, edge maps, masks."""
