"""Top floor: datasets, saved predictions, experiments, results, reports and the command line."""

__version__ = "0.1.0"
