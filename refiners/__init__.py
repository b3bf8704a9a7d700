"""First floor: what changes a segmentation. Knows nothing of `bench`."""

if __name__ != "boundary_bench.refiners":
    message = f"this is boundary_bench.refiners; {__name__} is only the name of its folder"
    raise ImportError(message, name=__name__)
