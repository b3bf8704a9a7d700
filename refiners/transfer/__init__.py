"""Networks that start from what another one has learned."""
