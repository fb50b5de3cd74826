"""From a run to schema `published`: tidy tables that passed disclosure control, and nothing else."""
