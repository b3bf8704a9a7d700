"""Layouts of known datasets, one a module: classes, colours, ids, what is not scored, files and splits."""
