"""Feature networks that several learned refiners share."""
