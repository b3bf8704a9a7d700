"""Compiled loops over one foreground: levels, distances to it, its skeleton, its contours."""
