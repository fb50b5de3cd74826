"""Side-by-side timings, as ratios."""
