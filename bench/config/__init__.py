"""An experiment file: models, defaults, overrides."""
