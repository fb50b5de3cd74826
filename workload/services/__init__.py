"""Programs of others that we start beside the database, and stop."""
