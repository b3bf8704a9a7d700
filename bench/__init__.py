"""Top floor: datasets, saved predictions, experiments, results, reports and the command line."""

if __name__ != "boundary_bench.bench":
    message = f"this is boundary_bench.bench; {__name__} is only the name of its folder"
    raise ImportError(message, name=__name__)
