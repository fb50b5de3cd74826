"""dossier.html: one file that needs nothing else."""

from pathlib import Path

from workload.reporting.dossier.view import dossier_view
from workload.store.scenario_sheets import Sheet


def write_dossier_html(sheet: Sheet, path: Path, generated: str) -> None:
    path.write_text(str(dossier_view(sheet, generated)), encoding="utf-8", newline="\n")
