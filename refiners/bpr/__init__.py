"""BPR: boundary patches of masks, refined by a network (Tang et al., CVPR 2021; Zhang et al., IJCV 2022)."""
