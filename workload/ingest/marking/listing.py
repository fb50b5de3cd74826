"""The first sheet of a marked copy: everything to put right, one line each, with a link to the cell."""

import json
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import lxml.etree as etree

from workload.catalogue import text
from workload.errors import Issue, Severity
from workload.ingest.grid import LIST_MARKER, address
from workload.ingest.marking.addresses import LAST_ROW, read_area
from workload.ingest.marking.colours import shade, solid
from workload.ingest.marking.notes import xml_text
from workload.ingest.marking.package import serialise
from workload.ingest.marking.relations import MAIN
from workload.ingest.marking.sentences import place_text, problem_and_remedy, severity_text
from workload.ingest.marking.styles import Styles
from workload.ingest.marking.worksheet import tag

MOST_LINKS = 60_000  # Excel stops at 65,530 a sheet
MOST_CHARACTERS = 4_000
_HEADINGS = ("number", "severity", "sheet", "cell", "value", "problem", "todo")
_WIDTHS = (6, 12, 20, 14, 22, 50, 50)
_LINE_PT, _MARGIN_PT, _MOST_PT = 15, 6, 300
_INDENT = 1  # characters that a cell's edges take from its width
_HEAD_ROW = 4
NAMES = {  # defined names of the sheet
    "_xlnm.Print_Titles": f"{{sheet}}!${_HEAD_ROW}:${_HEAD_ROW}",
}
_FONT = '<font>{}<sz val="{}"/><color rgb="FF{}"/><name val="Calibri"/><family val="2"/></font>'
_LINE = '<{0} style="thin"><color rgb="FFD0D5DD"/></{0}>'
_BORDER = f"<border>{''.join(_LINE.format(side) for side in ('left', 'right', 'top', 'bottom'))}<diagonal/></border>"
_ALIGN = '<alignment horizontal="{}" vertical="{}" wrapText="1"/>'
_TEXT_ALIGN = '<alignment horizontal="left" vertical="{}" wrapText="1" indent="1"/>'


def list_sheet(
    issues: Sequence[Issue], sheets: Mapping[str, tuple[str, bool]], styles: Styles, language: str = "fr"
) -> bytes:
    """The sheet's XML. `sheets`: for a name as issues write it, the workbook's own name and whether it is hidden."""
    looks = _looks(styles)
    root = etree.Element(tag("worksheet"), nsmap={None: MAIN})
    etree.SubElement(etree.SubElement(root, tag("sheetPr")), tag("pageSetUpPr"), fitToPage="1")
    etree.SubElement(root, tag("dimension"), ref=f"A1:G{_HEAD_ROW + len(issues)}")
    _view(root)
    etree.SubElement(root, tag("sheetFormatPr"), defaultRowHeight="15")
    columns = etree.SubElement(root, tag("cols"))
    for number, width in enumerate(_WIDTHS, start=1):
        etree.SubElement(columns, tag("col"), min=str(number), max=str(number), width=str(width), customWidth="1")
    data = etree.SubElement(root, tag("sheetData"))
    _row(data, 1, [(LIST_MARKER, looks["unseen"]), (json.dumps(styles.covered), looks["unseen"])], height=4)
    errors_n = sum(i.severity is Severity.ERROR for i in issues)
    _row(data, 2, [(text("marking_title", language), looks["title"])], height=26)
    intro = text("marking_intro", language, errors_n=errors_n, warnings_n=len(issues) - errors_n)
    _row(data, 3, [(intro, looks["intro"])], height=50)
    _row(data, _HEAD_ROW, [(text(f"marking_head_{h}", language), looks["head"]) for h in _HEADINGS], height=22)
    links: list[tuple[str, str, str]] = []
    for number, issue in enumerate(issues, start=1):
        name, hidden = sheets.get(issue.sheet, (issue.sheet, True))
        target = _target(issue, name)
        linked = bool(target) and not hidden and len(links) < MOST_LINKS
        if linked:
            links.append((address(_HEAD_ROW + number, 4), target, place_text(issue, language) or name))
        line = _line(number, issue, issue.sheet in sheets and hidden, linked, looks, language)
        _row(data, _HEAD_ROW + number, line, _height(line))
    etree.SubElement(etree.SubElement(root, tag("mergeCells"), count="1"), tag("mergeCell"), ref="A3:G3")
    if links:
        box = etree.SubElement(root, tag("hyperlinks"))
        for ref, target, display in links:
            etree.SubElement(box, tag("hyperlink"), ref=ref, location=target, display=xml_text(display))
    _print_set_up(root, language)
    return serialise(root)


def _looks(styles: Styles) -> dict[str, int]:
    plain, grey, bold = _FONT.format("", 11, "1F2937"), _FONT.format("", 11, "4B5563"), "<b/>"
    marks = {
        severity.value: styles.add(
            _FONT.format(bold, 11, colour),
            solid(shade(severity, False, 0)),
            _BORDER,
            align=_ALIGN.format("center", "top"),
        )
        for severity, colour in ((Severity.ERROR, "8A1C1C"), (Severity.WARNING, "6B4A00"))
    }
    return marks | {
        "unseen": styles.add(plain, number_format=";;;"),
        "title": styles.add(_FONT.format(bold, 16, "1F3864")),
        "intro": styles.add(grey, align=_ALIGN.format("left", "top")),
        "head": styles.add(
            _FONT.format(bold, 11, "FFFFFF"), solid("FF1F3864"), _BORDER, align=_TEXT_ALIGN.format("center")
        ),
        "text": styles.add(plain, border=_BORDER, align=_TEXT_ALIGN.format("top")),
        "typed": styles.add(plain, border=_BORDER, number_format="@", align=_TEXT_ALIGN.format("top")),
        "number": styles.add(grey, border=_BORDER, align=_ALIGN.format("center", "top")),
        "link": styles.add(_FONT.format("<u/>", 11, "0B57A4"), border=_BORDER, align=_TEXT_ALIGN.format("top")),
    }


def _view(root: Any) -> None:
    view = etree.SubElement(
        etree.SubElement(root, tag("sheetViews")),
        tag("sheetView"),
        showGridLines="0",
        tabSelected="1",
        workbookViewId="0",
    )
    first = f"A{_HEAD_ROW + 1}"
    etree.SubElement(
        view, tag("pane"), ySplit=str(_HEAD_ROW), topLeftCell=first, activePane="bottomLeft", state="frozen"
    )
    etree.SubElement(view, tag("selection"), pane="bottomLeft", activeCell=first, sqref=first)


def _line(
    number: int, issue: Issue, hidden: bool, linked: bool, looks: Mapping[str, int], language: str
) -> list[tuple[str | int, int]]:
    problem, remedy = problem_and_remedy(issue, language)
    sheet = text("marking_hidden_sheet", language, sheet=issue.sheet) if hidden else issue.sheet
    place = place_text(issue, language)
    return [
        (number, looks["number"]),
        (severity_text(issue.severity, language), looks[issue.severity.value]),
        (sheet, looks["text"]),
        (place or ("→" if linked else ""), looks["link" if linked else "text"]),
        (issue.value, looks["typed"]),
        (problem, looks["text"]),
        (remedy, looks["text"]),
    ]


def _height(line: Sequence[tuple[str | int, int]]) -> float:
    """Room for the longest text of a line, wrapped: not every program fits rows to their text on opening."""
    lines = max(
        sum(max(1, ceil(len(part) / (width - _INDENT))) for part in str(value).split("\n"))
        for (value, _), width in zip(line, _WIDTHS, strict=True)
    )
    return min(lines * _LINE_PT + _MARGIN_PT, _MOST_PT)


def _target(issue: Issue, sheet: str) -> str:
    """Where the link leads: the cell, the range, the row; the sheet's top when the issue has no cell."""
    area = read_area(issue.cell or "A1")
    if not sheet or area is None:
        return ""
    place = f"{area.top}:{area.bottom}" if area.whole_rows else (issue.cell or "A1").replace("$", "").upper()
    escaped = sheet.replace("'", "''")
    return f"'{escaped}'!{place}"


def _row(data: Any, number: int, cells: Sequence[tuple[str | int, int]], height: float = 0) -> None:
    size = {"ht": str(height), "customHeight": "1"} if height else {}
    row = etree.SubElement(data, tag("row"), r=str(min(number, LAST_ROW)), **size)
    for column, (value, style) in enumerate(cells, start=1):
        cell = etree.SubElement(row, tag("c"), r=address(number, column), s=str(style))
        if isinstance(value, int):
            etree.SubElement(cell, tag("v")).text = str(value)
        elif value:  # inline text is text, whatever its first letter: never a formula
            cell.set("t", "inlineStr")
            content = etree.SubElement(etree.SubElement(cell, tag("is")), tag("t"))
            content.text = xml_text(value) if number == 1 else xml_text(value)[:MOST_CHARACTERS]
            content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _print_set_up(root: Any, language: str) -> None:
    edges = {"left": "0.4", "right": "0.4", "top": "0.5", "bottom": "0.6", "header": "0.3", "footer": "0.3"}
    etree.SubElement(root, tag("pageMargins"), edges)
    etree.SubElement(root, tag("pageSetup"), paperSize="9", orientation="landscape", fitToWidth="1", fitToHeight="0")
    footer = etree.SubElement(etree.SubElement(root, tag("headerFooter")), tag("oddFooter"))
    footer.text = text("marking_footer", language)
