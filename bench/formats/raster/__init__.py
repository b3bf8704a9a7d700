"""Grids of numbers as files store them: pictures of any kind and depth, and arrays."""
