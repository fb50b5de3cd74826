"""Loaded once by the process that forks a process for each task: they start with everything imported, and the forking
process ends with the worker (its own pipe does not always tell it)."""

from workload.jobs.child import main
from workload.services.lineage import die_with_parent

__all__ = ["main"]

die_with_parent()
