"""The JSON API: each module has a `router`, under /api/v1."""
