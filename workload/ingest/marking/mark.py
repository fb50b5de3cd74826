"""A marked copy of a workbook: wrong cells coloured and noted, a list in front, nothing else changed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from workload.errors import Issue, Severity
from workload.ingest.marking.addresses import read_area
from workload.ingest.marking.book import Book, SheetEntry
from workload.ingest.marking.listing import NAMES, list_sheet
from workload.ingest.marking.notes import Note, add_notes, clear_notes
from workload.ingest.marking.package import Package
from workload.ingest.marking.sentences import note_on
from workload.ingest.marking.styles import EMPTY, Styles
from workload.ingest.marking.worksheet import Worksheet
from workload.ingest.values import normalise

MOST_CELLS = 5_000  # coloured for one issue
MOST_CELLS_IN_ALL = 100_000
MOST_NOTES = 2_000  # on one sheet: Excel grows slow beyond

Place = tuple[int, int]


def mark_workbook(source: Path, target: Path, issues: Sequence[Issue], language: str = "fr") -> None:
    """Write a copy of `source` with its wrong cells marked, for correcting in place and importing again.

    Marks of an earlier copy are taken off first; without issues that is all that is done. `issues` are those of
    this one file. Raises RequestError when `source` is not the XML kind of Excel workbook (see `mark_values`).
    """
    package = Package(source)
    book = Book(package)
    styles_part = book.styles_part(EMPTY)
    styles = Styles(package.xml(styles_part))
    _unmark(package, book, styles)
    if issues:
        sheets = _sheets_by_issue_name(book, issues)
        room = MOST_CELLS_IN_ALL
        for entry in dict.fromkeys(sheets.values()):
            here = [issue for issue in issues if sheets.get(issue.sheet) is entry]
            room -= _mark_sheet(package, entry, here, styles, language, room)
        names = {name: (entry.name, entry.hidden) for name, entry in sheets.items()}
        ordered = _in_reading_order(issues, sheets)
        book.insert_first(list_sheet(ordered, names, styles, language), NAMES)
    if styles.changed:
        package.touch(styles_part)
    package.save(target)


def _unmark(package: Package, book: Book, styles: Styles) -> None:
    """Take off what an earlier marking left: list, fills, notes."""
    listing = book.find_list()
    covered = book.covered_fills(listing) if listing else []
    if listing:
        book.remove(listing)
    grids = [
        (entry.part, Worksheet(package.xml(entry.part))) for entry in book.sheets() if entry.is_grid and entry.part
    ]
    used = {style for _, sheet in grids for style in sheet.used_styles()} if listing else set()
    ours = styles.restored(used, covered)
    for part, sheet in grids:
        clear_notes(package, part, sheet)
        if ours:
            sheet.restyle(ours)
        if sheet.changed:
            package.touch(part)


def _sheets_by_issue_name(book: Book, issues: Sequence[Issue]) -> dict[str, SheetEntry]:
    """The sheet that each name in the issues means: that very name, or else the same but for case and accents."""
    exact = {entry.name: entry for entry in reversed(book.sheets())}
    loose = {normalise(entry.name): entry for entry in reversed(book.sheets())}
    found = {i.sheet: exact.get(i.sheet) or loose.get(normalise(i.sheet)) for i in issues if i.sheet}
    return {name: entry for name, entry in found.items() if entry is not None}


def _in_reading_order(issues: Sequence[Issue], sheets: Mapping[str, SheetEntry]) -> list[Issue]:
    """As one meets them going through the workbook; first those of the whole file."""

    def place(issue: Issue) -> tuple[int, int, int]:
        area, entry = read_area(issue.cell), sheets.get(issue.sheet)
        index = 0 if entry is None else entry.index + 1
        return (index, area.top, area.left) if area else (index, 0, 0)

    return sorted(issues, key=place)


def _mark_sheet(
    package: Package, entry: SheetEntry, issues: Sequence[Issue], styles: Styles, language: str, room: int
) -> int:
    """Colour and note one sheet; the number of cells coloured."""
    if not entry.is_grid or entry.part is None:
        return 0
    sheet = Worksheet(package.xml(entry.part))
    worst: dict[Place, Severity] = {}
    at_first: dict[Place, list[Issue]] = {}
    for issue in issues:
        places = list(_places(sheet, issue.cell))
        for place in places:
            if place in worst or len(worst) < room:
                worst[place] = max(worst.get(place, Severity.WARNING), issue.severity, key=_rank)
        if places:
            at_first.setdefault(places[0], []).append(issue)
    for place, severity in worst.items():
        sheet.set_style(*place, styles.marked(sheet.style(*place), severity))
    first = sorted(at_first, key=lambda p: (-_rank(worst.get(p, Severity.WARNING)), p))[:MOST_NOTES]
    add_notes(package, entry.part, sheet, _notes(at_first, first, language))
    if sheet.changed:
        package.touch(entry.part)
    return len(worst)


def _notes(at_first: Mapping[Place, Sequence[Issue]], places: Sequence[Place], language: str) -> dict[Place, Note]:
    return {place: note_on(at_first[place], language) for place in places}


def _rank(severity: Severity) -> int:
    return int(severity is Severity.ERROR)


def _places(sheet: Worksheet, cell: str) -> Iterator[Place]:
    """The cells that stand for an address: one by one, merged areas by their first, whole rows by their first used."""
    area = read_area(cell)
    if area is None:
        return
    if area.whole_rows:
        rows = range(area.top, min(area.bottom, area.top + MOST_CELLS - 1) + 1)
        yield from (sheet.top_left(row, column) for row in rows if (column := sheet.first_used(row)) is not None)
        return
    for number, place in enumerate(area.cells()):
        if number == MOST_CELLS:
            return
        yield sheet.top_left(*place)
