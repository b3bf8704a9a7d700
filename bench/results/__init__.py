"""Results of a run: its store of rows, tables of numbers, merging."""
