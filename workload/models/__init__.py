"""Statistical models: time use, weights, need. Pure functions on tables."""
