"""Plug-in protocols, the registry of names and classes, and validation of inputs before any work."""
