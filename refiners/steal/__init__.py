"""STEAL: thin semantic boundaries, and coarse masks refined by them (Acuna, Kar and Fidler, CVPR 2019)."""
