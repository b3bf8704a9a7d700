"""Plug-ins: their protocols, the registry of names, and the validation of inputs before a run."""
