"""A run's result as figures, HTML and Excel."""
