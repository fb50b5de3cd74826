"""No figure about fewer than a set number of workers leaves, nor what would give one away by subtraction.

Within a mission, respondents form a table territory × profession with its margins. Cells below the minimum are
withheld (primary suppression), then further cells until no withheld count follows from the published ones, be it from
one line or from several together, and no published difference stands on fewer workers than the minimum (secondary
suppression: Hundepool et al., "Statistical Disclosure Control", 2012, chap. 4). A withheld cell does not say which of
the two it is: telling them apart would narrow the small one.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from workload.models.timeuse import ALL, TimeUse

Cell: TypeAlias = tuple[str, str]  # territory, profession; ALL in a margin
Line: TypeAlias = tuple[Cell, ...]  # a margin, then the cells that add to it


def publishable(time_use: TimeUse, minimum: int) -> TimeUse:
    """The part of a TimeUse that may be shown.

    shares: rows of withheld groups are gone. response: one more row per mission for the département (territory '*');
    counts are nullable, empty where withheld; columns `occupied_withheld` and `withheld` (respondents and rate) say so.
    """
    missions = list(dict.fromkeys([*time_use.response["mission"], *time_use.shares["mission"]]))
    hidden = {mission: withheld(_respondents(time_use, mission), minimum) for mission in missions}
    keys = zip(time_use.shares["mission"], time_use.shares["territory"], time_use.shares["profession"], strict=True)
    shown = [(territory, profession) not in hidden[mission] for mission, territory, profession in keys]
    response = [_response(time_use.response, mission, hidden[mission], minimum) for mission in missions]
    return TimeUse(
        time_use.shares.loc[shown].reset_index(drop=True),
        pd.concat(response, ignore_index=True) if response else time_use.response,
    )


def withheld(counts: Mapping[Cell, int], minimum: int) -> frozenset[Cell]:
    """Cells of a table with margins that must not be shown. A cell that is not in `counts` is known to be empty."""
    lines = _lines(counts)
    hidden = {cell for cell, n in counts.items() if n < minimum}
    while line := _unsafe(counts, lines, hidden, minimum):
        open_cells = [cell for cell in line if cell not in hidden] or [cell for cell in counts if cell not in hidden]
        if not open_cells:
            break
        hidden.add(min(open_cells, key=lambda cell: (ALL in cell, counts[cell], cell)))  # margins go last
    return frozenset(hidden)


def _lines(counts: Mapping[Cell, int]) -> list[Line]:
    """Every margin that is itself in the table, with its parts."""
    parts: dict[Cell, list[list[Cell]]] = {}
    for axis in (0, 1):
        groups: dict[Cell, list[Cell]] = {}
        for cell in counts:
            if cell[axis] != ALL:
                groups.setdefault((ALL, cell[1]) if axis == 0 else (cell[0], ALL), []).append(cell)
        for margin, cells in groups.items():
            parts.setdefault(margin, []).append(cells)
    return [(margin, *cells) for margin, groupings in parts.items() if margin in counts for cells in groupings]


def _unsafe(counts: Mapping[Cell, int], lines: Sequence[Line], hidden: set[Cell], minimum: int) -> Line | None:
    """A line that gives something away: alone, or with the others."""
    for line in lines:
        unknown = [cell for cell in line if cell in hidden]
        group_is_small = line[0] not in hidden and unknown and sum(counts[cell] for cell in unknown) < minimum
        if len(unknown) == 1 or group_is_small:
            return line
    exposed = _determined(lines, sorted(hidden))
    if exposed is None:
        return None
    around = {cell for line in lines if exposed in line for cell in line}
    return tuple(sorted(around))


def _determined(lines: Sequence[Line], hidden: Sequence[Cell]) -> Cell | None:
    """A hidden cell whose count the lines together fix: it has no part in the null space of their equations."""
    if not hidden or not lines:
        return None
    at = {cell: k for k, cell in enumerate(hidden)}
    equations = np.zeros((len(lines), len(hidden)))
    for row, line in enumerate(lines):
        for position, cell in enumerate(line):
            if cell in at:
                equations[row, at[cell]] = -1.0 if position == 0 else 1.0
    _, size, vectors = np.linalg.svd(equations)
    null_space = vectors[int((size > 1e-9).sum()) :]  # (free, hidden)
    fixed = np.abs(null_space).max(axis=0, initial=0.0) < 1e-9
    return next((cell for cell in hidden if fixed[at[cell]]), None)


def _respondents(time_use: TimeUse, mission: str) -> dict[Cell, int]:
    """Respondents by territory and profession, margins included; a territory where nobody answered counts zero."""
    response = time_use.response[time_use.response["mission"] == mission]
    shares = time_use.shares[time_use.shares["mission"] == mission]
    counts = {(str(t), ALL): int(n) for t, n in zip(response["territory"], response["respondents_n"], strict=True)}
    counts[ALL, ALL] = sum(counts.values())
    groups = shares.drop_duplicates(["territory", "profession"])
    for territory, profession, n in zip(
        groups["territory"], groups["profession"], groups["respondents_n"], strict=True
    ):
        counts[str(territory), str(profession)] = int(n)
    return counts


def _response(response: pd.DataFrame, mission: str, hidden: frozenset[Cell], minimum: int) -> pd.DataFrame:
    own = response[response["mission"] == mission]
    territories = [*own["territory"], ALL]
    occupied = [*own["occupied_n"], own["occupied_n"].sum()]
    answered = [*own["respondents_n"], own["respondents_n"].sum()]
    hidden_posts = withheld({(t, ALL): int(n) for t, n in zip(territories, occupied, strict=True)}, minimum)
    rows = []
    for territory, posts, agents in zip(territories, occupied, answered, strict=True):
        no_posts = (territory, ALL) in hidden_posts
        no_agents = no_posts or (territory, ALL) in hidden
        rows.append(
            {
                "mission": mission,
                "territory": territory,
                "occupied_n": None if no_posts else int(posts),
                "respondents_n": None if (territory, ALL) in hidden else int(agents),
                "response_rate": None if no_agents or not posts else agents / posts,
                "occupied_withheld": no_posts,
                "withheld": (territory, ALL) in hidden,
            }
        )
    return pd.DataFrame(rows).astype({"occupied_n": "Int64", "respondents_n": "Int64", "response_rate": "Float64"})
