"""Saved runs in PostgreSQL."""
