"""Counts for the models: one year an indicator, no hole; what is not known is estimated as declared, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from workload.errors import Issue, Severity
from workload.ingest.published.impute import Imputation, impute
from workload.ingest.published.status import COUNT_N, INDICATOR, PLACE, STATUS, UNKNOWN, YEAR, Status, as_table


@dataclass(frozen=True, slots=True)
class Declared:
    """How etude.yaml says to fill an indicator: in proportion to a proxy, with a département total to keep or not."""

    proxy: str
    total: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling gives."""

    counts: pd.DataFrame
    """commune × indicator, no NaN for the indicators filled; NaN stays where filling was refused."""
    table: pd.DataFrame
    """The same in long form, with status, imputed_n and error_n of each figure."""
    imputations: Mapping[str, Imputation]


def from_counts(counts: pd.DataFrame, year: int) -> pd.DataFrame:
    """The study's own table of communes in long form: an empty cell is missing."""
    rows = [
        (str(place), "commune", year, str(id), float(value), "missing" if pd.isna(value) else "published")
        for id in counts.columns
        for place, value in counts[id].items()
    ]
    return as_table(rows)


def fill_counts(
    table: pd.DataFrame,
    declared: Mapping[str, Declared],
    file: str,
    totals: Mapping[str, float] | None = None,
    proxies: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[Filled, list[Issue]]:
    """Fills each indicator of a long table (one year an indicator, every commune of the study there).

    `totals`: figures of the département by indicator, for declared totals; `proxies`: counts of communes that no card
    gives (inhabitants). A proxy must itself be published for every commune. An indicator with secret, missing or
    lower-bound figures and no usable declaration is the error missing_counts.
    """
    known = {str(id): _whole(rows) for id, rows in table.groupby(INDICATOR) if _is_whole(rows)}
    known |= {id: dict(values) for id, values in (proxies or {}).items()}
    issues: list[Issue] = []
    done: dict[str, Imputation] = {}
    filled = table
    for id, rows in table.groupby(INDICATOR):
        if not rows[STATUS].isin([*UNKNOWN, Status.LOWER_BOUND]).any():
            continue
        how = declared.get(str(id))
        total = (totals or {}).get(how.total) if how and how.total else None
        if how is None or how.proxy not in known or (how.total and total is None):
            issues.append(_missing(str(id), rows, file, how, known, totals or {}))
            continue
        year = int(rows[YEAR].iloc[0])
        filled, imputation, found = impute(filled, str(id), year, known[how.proxy], how.proxy, file, total)
        issues += found
        if imputation:
            done[str(id)] = imputation
    counts = filled.assign(**{COUNT_N: filled[COUNT_N].mask(filled[STATUS] == Status.LOWER_BOUND)})
    wide = counts.pivot(index=PLACE, columns=INDICATOR, values=COUNT_N)
    wide.index.name, wide.columns.name = "commune", None
    return Filled(wide, filled, done), issues


def _is_whole(rows: pd.DataFrame) -> bool:
    return bool((rows[STATUS] == Status.PUBLISHED).all())


def _whole(rows: pd.DataFrame) -> dict[str, float]:
    return dict(zip(rows[PLACE], rows[COUNT_N], strict=True))


def _missing(
    id: str,
    rows: pd.DataFrame,
    file: str,
    how: Declared | None,
    known: Mapping[str, object],
    totals: Mapping[str, float],
) -> Issue:
    if how and how.total and how.total not in totals:
        return Issue("imputation_total_unknown", file, value=id, params={"total": how.total})
    if how and how.proxy not in known:
        return Issue("imputation_proxy_incomplete", file, value=id, params={"proxy": how.proxy})
    holes = rows[rows[STATUS] != Status.PUBLISHED]
    params = {"n": str(len(holes)), "communes": ", ".join(holes[PLACE][:5])}
    return Issue("missing_counts", file, value=id, severity=Severity.ERROR, params=params)
