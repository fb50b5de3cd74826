"""The live workbook of a scenario: the published calculation as formulas, with its weights and counts to be changed."""

from workload.reporting.live_workbook.writing import write_live_workbook

__all__ = ["write_live_workbook"]
