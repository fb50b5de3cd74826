"""One worksheet's XML: find or make a cell, read merges and sizes, touch nothing else."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from workload.ingest.grid import address
from workload.ingest.marking.addresses import LAST_COLUMN, LAST_ROW, Area, read_area, read_cell
from workload.ingest.marking.relations import MAIN, R

_UP_TO_LEGACY_DRAWING = frozenset(
    f"{{{MAIN}}}{name}"
    for name in (
        *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
        *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate"),
        *("customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks"),
        *("printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties"),
        *("cellWatches", "ignoredErrors", "smartTags", "drawing"),
    )
)
_DEFAULT_COLUMN_WIDTH, _DEFAULT_ROW_PT = 8.43, 15.0


def tag(name: str) -> str:
    return f"{{{MAIN}}}{name}"


class Worksheet:
    """Rows and cells are indexed once; those without an address lie just after the one before, as the format says."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.changed = False
        self._data = root.find(tag("sheetData"))
        self._rows: dict[int, Any] = {}
        self._cells: dict[int, dict[int, Any]] = {}
        number = 0
        for row in self._data.iterchildren(tag("row")):
            number = int(row.get("r") or number + 1)
            self._rows[number] = row
        self._row_numbers = sorted(self._rows)
        merges = (read_area(e.get("ref", "")) for e in root.iterfind(f"{tag('mergeCells')}/{tag('mergeCell')}"))
        self.merges: list[Area] = [area for area in merges if area]
        self._columns = [
            (int(c.get("min")), int(c.get("max")), c) for c in root.iterfind(f"{tag('cols')}/{tag('col')}")
        ]

    def top_left(self, row: int, column: int) -> tuple[int, int]:
        """The cell that shows what is written there: the first of a merged area."""
        return next(((m.top, m.left) for m in self.merges if m.holds(row, column)), (row, column))

    def first_used(self, row: int) -> int | None:
        """Column of the first cell of a row that holds something."""
        return next((c for c, cell in sorted(self._row_cells(row).items()) if len(cell)), None)

    def style(self, row: int, column: int) -> int:
        """The style that the cell shows: its own, or while it does not exist its row's, or its column's."""
        cell = self._row_cells(row).get(column)
        if cell is not None:
            return int(cell.get("s") or 0)
        line = self._rows.get(row)
        if line is not None and line.get("s") and line.get("customFormat") in ("1", "true"):
            return int(line.get("s"))
        return int(self._column(column).get("style") or 0)

    def set_style(self, row: int, column: int, style: int) -> None:
        self._cell(row, column).set("s", str(style))
        self.changed = True

    def used_styles(self) -> set[int]:
        return {int(element.get(name) or 0) for element, name in self._styled()}

    def restyle(self, styles: dict[int, int]) -> None:
        """Replace styles wherever they are used: cells, rows, columns."""
        for element, name in self._styled():
            new = styles.get(int(element.get(name) or 0))
            if new is not None:
                element.set(name, str(new))
                self.changed = True

    def _styled(self) -> Iterator[tuple[Any, str]]:
        yield from ((element, "s") for element in self._data.iter(tag("row"), tag("c")))
        yield from ((element, "style") for _, _, element in self._columns)

    def legacy_drawing(self) -> str | None:
        """Relation id of the VML part that draws the notes."""
        found = self.root.find(tag("legacyDrawing"))
        return None if found is None else found.get(f"{{{R}}}id")

    def set_legacy_drawing(self, relation_id: str | None) -> None:
        found = self.root.find(tag("legacyDrawing"))
        if relation_id is None:
            if found is not None:
                self.root.remove(found)
                self.changed = True
            return
        if found is None:
            found = self.root.makeelement(tag("legacyDrawing"), nsmap={"r": R, **self.root.nsmap})
            before = [e for e in self.root if e.tag in _UP_TO_LEGACY_DRAWING]
            before[-1].addnext(found)
        found.set(f"{{{R}}}id", relation_id)
        self.changed = True

    def column_px(self, column: int) -> float:
        element = self._column(column)
        hidden = element.get("hidden") in ("1", "true")
        return 0 if hidden else float(element.get("width") or _DEFAULT_COLUMN_WIDTH) * 7 + 5

    def row_px(self, row: int) -> float:
        element = self._rows.get(row)
        if element is None:
            return _DEFAULT_ROW_PT * 4 / 3
        return 0 if element.get("hidden") in ("1", "true") else float(element.get("ht") or _DEFAULT_ROW_PT) * 4 / 3

    def _column(self, column: int) -> Any:
        return next((e for low, high, e in self._columns if low <= column <= high), {})

    def _row_cells(self, row: int) -> dict[int, Any]:
        if row not in self._cells and row in self._rows:
            cells: dict[int, Any] = {}
            column = 0
            for cell in self._rows[row].iterchildren(tag("c")):
                place = read_cell(cell.get("r") or "")
                column = place[1] if place else column + 1
                cells[column] = cell
            self._cells[row] = cells
        return self._cells.get(row, {})

    def _cell(self, row: int, column: int) -> Any:
        cells = self._row_cells(row)
        if column in cells:
            return cells[column]
        if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise ValueError(f"no cell {row}, {column} on a sheet")
        line = self._row(row)
        cell = line.makeelement(tag("c"), {"r": address(row, column)}, nsmap=line.nsmap)
        later = min((c for c in cells if c > column), default=None)
        if later is not None:
            cells[later].addprevious(cell)
        elif cells:
            cells[max(cells)].addnext(cell)
        else:
            line.insert(0, cell)
        self._cells.setdefault(row, cells)[column] = cell
        low, _, high = (line.get("spans") or "").partition(":")
        if low.isdigit() and high.isdigit():
            line.set("spans", f"{min(int(low), column)}:{max(int(high), column)}")
        return cell

    def _row(self, number: int) -> Any:
        if number not in self._rows:
            row = self._data.makeelement(tag("row"), {"r": str(number)}, nsmap=self._data.nsmap)
            place = bisect_left(self._row_numbers, number)
            if place < len(self._row_numbers):
                self._rows[self._row_numbers[place]].addprevious(row)
            else:
                self._data.append(row)
            self._row_numbers.insert(place, number)
            self._rows[number] = row
            self._cells[number] = {}
        return self._rows[number]
