"""What the dialects share: the endpoint table, the reading of parameters and bodies, limits, OpenAPI."""
