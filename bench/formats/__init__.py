"""The field's file formats, read and written: label images, ids, COCO, panoptic, Cityscapes, tensors."""
