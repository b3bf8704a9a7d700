"""Commands that measure: evaluate, run, check, merge, estimate, demo."""
