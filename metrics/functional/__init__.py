"""Arrays in, numbers out: geometry, boundaries, matching, overlaps, statistics."""
