"""The small network whose real errors the embedded default refines."""
