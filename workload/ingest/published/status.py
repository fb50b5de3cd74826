"""The long table of published figures: its columns, its statuses, and the rule by which figures add up.

A figure is `published`; `secret` (the producer withholds it); `missing` (nobody gives it); a `lower_bound` (the sum of
the parts that are known); or `imputed` (estimated as the study declares). Secret and missing carry no number: NaN.
"""

from enum import StrEnum

import numpy as np
import pandas as pd


class Status(StrEnum):
    PUBLISHED = "published"
    SECRET = "secret"  # noqa: S105
    MISSING = "missing"
    LOWER_BOUND = "lower_bound"
    IMPUTED = "imputed"


PLACE, LEVEL, YEAR, INDICATOR = "place", "level", "year", "indicator"
COUNT_N = "count_n"
"""The figure; NaN when secret or missing, the sum of the known parts when a lower bound."""
STATUS = "status"
IMPUTED_N = "imputed_n"
"""The part of count_n that was estimated, 0 where nothing was: it follows the figure into every sum."""
ERROR_N = "error_n"
"""Standard error of the estimated part; NaN when it cannot be known, 0 where nothing was estimated."""
COLUMNS = (PLACE, LEVEL, YEAR, INDICATOR, COUNT_N, STATUS, IMPUTED_N, ERROR_N)
UNKNOWN = (Status.SECRET, Status.MISSING)


def empty_table() -> pd.DataFrame:
    return as_table([])


def as_table(rows: list[tuple[str, str, int, str, float, str]]) -> pd.DataFrame:
    """A long table from rows `place, level, year, indicator, count_n, status` as read: nothing estimated in it."""
    table = pd.DataFrame(rows, columns=list(COLUMNS[:6]))
    table[[PLACE, LEVEL, INDICATOR, STATUS]] = table[[PLACE, LEVEL, INDICATOR, STATUS]].astype("str")
    return table.astype({YEAR: "int64", COUNT_N: "float64"}).assign(**{IMPUTED_N: 0.0, ERROR_N: 0.0})


def add_up(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sums figures that share the same keys (one row per part).

    All parts published: published. Some known, some not: a lower bound, the sum of the known ones. None known: secret
    when every part is secret, else missing. A part that is itself a lower bound makes the sum one; else an imputed
    part makes it imputed. Errors of estimated parts add without cancelling out (an upper limit of the standard error,
    whatever their correlation).
    """
    known = ~table[STATUS].isin(UNKNOWN)
    marked = table.assign(
        _known=known,
        _secret=table[STATUS] == Status.SECRET,
        _bound=table[STATUS] == Status.LOWER_BOUND,
        _imputed=table[STATUS] == Status.IMPUTED,
        _no_error=table[ERROR_N].isna(),
        **{COUNT_N: table[COUNT_N].where(known, 0.0)},
    )
    groups = marked.groupby(keys, sort=True)
    totals = groups[[COUNT_N, IMPUTED_N, ERROR_N]].sum()
    all_known, any_known = groups["_known"].all(), groups["_known"].any()
    status = np.select(
        [
            ~any_known & groups["_secret"].all(),
            ~any_known,
            ~all_known | groups["_bound"].any(),
            groups["_imputed"].any(),
        ],
        [Status.SECRET.value, Status.MISSING.value, Status.LOWER_BOUND.value, Status.IMPUTED.value],
        Status.PUBLISHED.value,
    )
    totals[COUNT_N] = totals[COUNT_N].where(any_known)
    totals[ERROR_N] = totals[ERROR_N].mask(groups["_no_error"].any())
    totals[STATUS] = pd.Series(status, index=totals.index, dtype="str")
    return totals.reset_index()
