"""Recipes of trainings: YAML files, one folder a refiner; what their keys mean is said in each `paper.yaml`."""
