"""Layouts of known datasets of binary masks, one a module: files, splits, coarse masks, metrics of their papers."""
