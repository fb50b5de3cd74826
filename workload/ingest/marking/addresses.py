"""Cell addresses as issues write them: F12, F12:F48, 4:4."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})", re.I)
_ROW = re.compile(r"\$?([1-9]\d{0,6})")


@dataclass(frozen=True, slots=True)
class Area:
    """1-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int
    whole_rows: bool = False

    def cells(self) -> Iterator[tuple[int, int]]:
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                yield row, column

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


def read_cell(text: str) -> tuple[int, int] | None:
    """(row, column), or nothing when it is no address of a sheet."""
    found = _CELL.fullmatch(text.strip())
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(found[2])
    return (row, column) if row <= LAST_ROW and column <= LAST_COLUMN else None


def read_area(text: str) -> Area | None:
    """The area of an address or of a range, corners in any order; nothing when it is neither."""
    first, _, last = text.strip().partition(":")
    one, other = _ROW.fullmatch(first), _ROW.fullmatch(last)
    if one and other:
        top, bottom = sorted((int(one[1]), int(other[1])))
        return Area(top, 1, bottom, LAST_COLUMN, whole_rows=True) if bottom <= LAST_ROW else None
    start = read_cell(first)
    end = read_cell(last) if last else start
    if start is None or end is None or text.strip().endswith(":"):
        return None
    (top, bottom), (left, right) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return Area(top, left, bottom, right)
