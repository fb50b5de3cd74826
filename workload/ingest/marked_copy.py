"""A marked copy for any refused file that can be opened at all."""

from collections.abc import Sequence
from pathlib import Path

from workload.errors import Issue, WorkloadError
from workload.ingest.grid import OPEN_XML, read_workbook
from workload.ingest.marking import mark_values, mark_workbook


def mark_file(path: Path, folder: Path, issues: Sequence[Issue], language: str = "fr") -> Path | None:
    """Writes the copy into `folder` and gives its path; None when the file itself cannot be read.

    A workbook of Office Open XML keeps every part that is not marked; the other formats come back as .xlsx with the
    same values at the same addresses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if path.suffix.lower() in OPEN_XML:
            target = folder / f"{path.stem} - à corriger{path.suffix}"
            mark_workbook(path, target, issues, language)
        else:
            target = folder / f"{path.stem} - à corriger.xlsx"
            mark_values(read_workbook(path, path.name), target, issues, language)
    except (WorkloadError, OSError):  # a disk that is full too: the list of cells is there all the same
        return None
    return target
