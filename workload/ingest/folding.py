"""Issues of one kind in neighbouring cells, folded into one: F12:F48, 37 cells."""

import re
from collections.abc import Iterable
from dataclasses import replace

from workload.errors import Issue
from workload.ingest.grid import column_letter

LEAST_FOLDED = 4
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


def fold(issues: Iterable[Issue]) -> list[Issue]:
    """The same issues in order; four neighbours or more in a column or a row, alike in code and sheet, become one.

    A folded issue keeps the first value and says in `params["cells"]` how many cells it stands for.
    """
    kept = list(issues)
    for along in (_down, _across):
        kept = _fold(kept, along)
    return kept


def _place(issue: Issue) -> tuple[int, int] | None:
    found = _CELL.fullmatch(issue.cell)
    if not found:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def _down(row: int, column: int) -> tuple[int, int]:
    return column, row


def _across(row: int, column: int) -> tuple[int, int]:
    return row, column


def _fold(issues: list[Issue], along: object) -> list[Issue]:
    down = along is _down
    groups: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for index, issue in enumerate(issues):
        place = _place(issue)
        if place:
            line, position = _down(*place) if down else _across(*place)
            params = tuple(sorted((k, v) for k, v in issue.params.items() if k in ("heading", "register")))
            key = (issue.code, issue.severity, issue.file, issue.sheet, line, params)
            groups.setdefault(key, []).append((position, index))
    folded: dict[int, Issue] = {}
    dropped: set[int] = set()
    for group, members in groups.items():
        for run in _runs(sorted(members)):
            if len(run) >= LEAST_FOLDED:
                (first, at), (last, _) = run[0], run[-1]
                line = int(str(group[4]))
                ends = (first, last)
                cell = ":".join(f"{column_letter(line)}{p}" if down else f"{column_letter(p)}{line}" for p in ends)
                folded[at] = replace(issues[at], cell=cell, params={**issues[at].params, "cells": str(len(run))})
                dropped |= {index for _, index in run[1:]}
    return [folded.get(n, issue) for n, issue in enumerate(issues) if n not in dropped]


def _runs(members: list[tuple[int, int]]) -> Iterable[list[tuple[int, int]]]:
    run: list[tuple[int, int]] = []
    for position, index in members:
        if run and position == run[-1][0]:
            continue
        if run and position != run[-1][0] + 1:
            yield run
            run = []
        run.append((position, index))
    if run:
        yield run
