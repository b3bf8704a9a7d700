"""Running an experiment: plan, fingerprints of rows, jobs, executors, provenance."""
