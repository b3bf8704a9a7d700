"""SegFix: move labels of boundary pixels inwards along offsets (Yuan et al., ECCV 2020)."""
