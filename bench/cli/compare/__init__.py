"""`bench compare`: of refiners of a run, of saved predictions, of slices of objects."""
