"""Marked copies: the workbook that came back, its wrong cells coloured and noted, with a list to work through.

`mark_workbook` changes the package's XML and keeps every part that it has no business with byte for byte;
`mark_values` does the same for files that are no Excel XML, from their values. A reader knows the list sheet of
such a copy by `is_list_sheet`.
"""

from workload.ingest.grid import LIST_MARKER, is_list_sheet
from workload.ingest.marking.book import LIST_SHEET
from workload.ingest.marking.mark import mark_workbook
from workload.ingest.marking.notes import NOTE_AUTHOR
from workload.ingest.marking.values import mark_values

__all__ = ["LIST_MARKER", "LIST_SHEET", "NOTE_AUTHOR", "is_list_sheet", "mark_values", "mark_workbook"]
