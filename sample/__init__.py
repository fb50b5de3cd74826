"""Demonstration studies: real places, simulated posts and survey, drawn from a truth that is written down."""
