"""Files in the forms of COCO: annotated objects, results, and panoptic maps with their PNGs."""
