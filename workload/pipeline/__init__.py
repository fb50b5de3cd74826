"""The chain as one pure function: a study in, a RunResult out. No files, no clock, no database; a seed passed in."""

from workload.pipeline.chain import run
from workload.pipeline.results import CaseloadGap, MissionResult, RunResult

__all__ = ["CaseloadGap", "MissionResult", "RunResult", "run"]
