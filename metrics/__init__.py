"""Ground floor: what a segmentation is and how it is measured. Knows neither refiners nor bench."""

if __name__ != "boundary_bench.metrics":
    message = f"this is boundary_bench.metrics; {__name__} is only the name of its folder"
    raise ImportError(message, name=__name__)
