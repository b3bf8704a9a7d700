"""What a plug-in is, how names become classes, and how their inputs are checked before any work."""
