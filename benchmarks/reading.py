"""Reading and checking a study folder, beside merely reading its survey sheets with pandas and openpyxl."""

from pathlib import Path

import pandas as pd

from benchmarks.timing import Row, compare
from workload.ingest.study import read_study

SAMPLE = Path("sample/meurthe-et-moselle")


def rows() -> list[Row]:
    sheets = sorted((SAMPLE / "enquete").glob("*.xlsx"))

    def peer() -> None:
        for path in sheets:
            pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")

    return [
        compare(
            "read and check the sample study",
            lambda: read_study(SAMPLE),
            "pandas.read_excel(openpyxl), survey sheets only",
            peer,
            repeats=3,
            note=f"{len(sheets)} workbooks",
        )
    ]
