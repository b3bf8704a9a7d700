"""Readers and writers of file formats: label images, ids, COCO, panoptic, Cityscapes, tensors."""
