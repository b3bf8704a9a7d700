"""The same numbers from other people's evaluators, live, on worlds made for what they are known to disagree about."""
