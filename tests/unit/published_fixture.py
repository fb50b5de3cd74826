"""Small cards and files for the tests of published indicators."""

from pathlib import Path
from typing import Any

import pandas as pd

from workload.errors import Issue
from workload.ingest.published.card import SourceCard
from workload.ingest.published.files import open_file
from workload.ingest.published.read import read_published

FILE = "publie.csv"


def make_card(columns: dict[str, dict[str, Any]] | None = None, **fields: Any) -> SourceCard:
    described = {"libelle": "Nombre", "unite": "personnes", "nature": "externe"}
    columns = columns or {"n": {"titre": "Nombre"}}
    base: dict[str, Any] = {
        "fichier": FILE,
        "colonne_cle": "Code",
        "niveau": "commune",
        "annee": 2020,
        "source": "essai",
        "licence": "EUPL-1.2",
        "colonnes": {id: described | column for id, column in columns.items()},
    }
    return SourceCard.model_validate(base | fields)


def read_text(folder: Path, text: str, card: SourceCard, encoding: str = "utf-8") -> tuple[pd.DataFrame, list[Issue]]:
    path = folder / FILE
    path.write_bytes(text.encode(encoding))
    return read_published(open_file(path, FILE, card), card)


def figures(table: pd.DataFrame) -> dict[str, tuple[float | None, str]]:
    """Count (None for NaN) and status by place."""
    return {
        str(r["place"]): (None if pd.isna(r["count_n"]) else float(r["count_n"]), str(r["status"]))
        for r in table.to_dict("records")
    }


def addresses(issues: list[Issue]) -> list[tuple[str, str]]:
    return [(issue.code, issue.cell) for issue in issues]
