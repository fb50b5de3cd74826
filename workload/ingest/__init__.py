"""Workbooks and open data in, clean tables and a list of issues out."""
