"""What a run leaves: its store of rows, tables of numbers, merging."""
