"""Which cells of a table of counts must not be shown, so that none under a minimum follows from the others.

Within a mission, respondents form a table territory × profession with its margins, and each territory is the margin of
its sites. Cells below the minimum are withheld (primary suppression), then further cells until no withheld count
follows from the published ones, be it from one line or from several together, and no published difference stands on
fewer workers than the minimum (secondary suppression: Hundepool et al., "Statistical Disclosure Control", 2012,
chap. 4). A withheld cell does not say which of the two it is: telling them apart would narrow the small one.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from workload.models.timeuse import ALL

Cell: TypeAlias = tuple[str, ...]  # territory, profession, ALL in a margin; with a site as third part, that site
Line: TypeAlias = tuple[Cell, ...]  # a margin, then the cells that add to it


def withheld(counts: Mapping[Cell, int], minimum: int, sites: Mapping[Cell, int] | None = None) -> frozenset[Cell]:
    """Cells that must not be shown, of a table with margins and of the sites linked to it by its territories.

    A cell that is not in `counts` is known to be empty. sites: by (territory, ALL, site); what is left of a territory
    stands under NO_SITE.
    """
    counts = {**counts, **(sites or {})}
    lines = _lines(counts) + _site_lines(counts)
    hidden = {cell for cell, n in counts.items() if n < minimum}
    while line := _unsafe(counts, lines, hidden, minimum):
        open_cells = [cell for cell in line if cell not in hidden] or [cell for cell in counts if cell not in hidden]
        if not open_cells:
            break
        hidden.add(min(open_cells, key=lambda cell: (ALL in cell[:2] and len(cell) < 3, counts[cell], cell)))
    return frozenset(hidden)


def _site_lines(counts: Mapping[Cell, int]) -> list[Line]:
    parts: dict[Cell, list[Cell]] = {}
    for cell in counts:
        if len(cell) == 3:
            parts.setdefault(cell[:2], []).append(cell)
    return [(margin, *cells) for margin, cells in parts.items() if margin in counts]


def _lines(counts: Mapping[Cell, int]) -> list[Line]:
    """Every margin that is itself in the table, with its parts."""
    parts: dict[Cell, list[list[Cell]]] = {}
    for axis in (0, 1):
        groups: dict[Cell, list[Cell]] = {}
        for cell in counts:
            if len(cell) == 2 and cell[axis] != ALL:
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
