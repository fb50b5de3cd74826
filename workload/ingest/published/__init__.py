"""Indicators as published: files of statistical offices read through a source card, then carried to the study's places.

open_file → read_published → to_communes / follow_changes → sum_places → coverage, impute
"""
