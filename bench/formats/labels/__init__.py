"""Label maps as files, and what the ids in them mean."""
