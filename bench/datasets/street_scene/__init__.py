"""Procedural street scenes: geometry in metres, a pinhole camera, materials and light, a sensor."""
