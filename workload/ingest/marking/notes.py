"""Notes on cells: our comments beside those of others, in the sheet's comments part and its VML drawing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lxml.etree as etree

from workload.errors import InputError, Issue
from workload.ingest.grid import address
from workload.ingest.marking.addresses import read_cell
from workload.ingest.marking.package import Package
from workload.ingest.marking.relations import (
    CONTENT,
    MAIN,
    declare,
    declare_extension,
    discard,
    relate,
    related,
    relations,
    unrelate,
)
from workload.ingest.marking.vml import add_shapes, empty_drawing, has_shapes, remove_shapes, shape
from workload.ingest.marking.worksheet import Worksheet, tag

NOTE_AUTHOR = "Contrôle automatique"
MOST_CHARACTERS = 2_000
_EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><comments xmlns="{MAIN}">'
    "<authors/><commentList/></comments>"
)
_BOLD = '<rPr xmlns="{}"><b/><sz val="9"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/></rPr>'


@dataclass(frozen=True, slots=True)
class Note:
    title: str
    body: str


def xml_text(text: str) -> str:
    """Text as a workbook may hold it: no control characters, and no `_x000A_` that Excel would decode."""
    clean = "".join(char for char in text if char in "\t\n" or (char >= " " and not "\ud800" <= char <= "\udfff"))
    clean = clean.replace("\ufffe", "").replace("\uffff", "")
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", clean)


def clear_notes(package: Package, part: str, sheet: Worksheet) -> None:
    """Take out the notes of an earlier marking, and parts that held nothing else."""
    comments = _comments_part(package, part)
    if comments is None or NOTE_AUTHOR.encode() not in package.data(comments):
        return
    root = package.xml(comments)
    author = _author(root)
    box = root.find(tag("commentList"))
    ours = [c for c in box.iterchildren(tag("comment")) if c.get("authorId") == author]
    for comment in ours:
        box.remove(comment)
    package.touch(comments)
    drawing = _drawing_part(package, part, sheet)
    if drawing is not None:
        cells = {place for c in ours if (place := read_cell(c.get("ref", "")))}
        package.put(drawing, remove_shapes(package.data(drawing), cells))
        if not has_shapes(package.data(drawing)):
            _drop(package, part, drawing)
            sheet.set_legacy_drawing(None)
    if not len(box):
        _drop(package, part, comments)


def add_notes(package: Package, part: str, sheet: Worksheet, notes: Mapping[tuple[int, int], Note]) -> None:
    """A note on each cell that has none yet: a cell holds one, and what somebody wrote there stays."""
    comments = _comments_part(package, part)
    taken: set[tuple[int, int] | None] = set()
    if comments is not None:
        taken = {read_cell(c.get("ref", "")) for c in package.xml(comments).iter(tag("comment"))}
    free = {place: notes[place] for place in sorted(notes) if place not in taken}
    if not free:
        return
    if comments is None:
        comments = package.free_name("xl/comments{}.xml")
        package.put(comments, _EMPTY.encode())
        declare(package, comments, CONTENT + "comments+xml")
        relate(package, part, "comments", comments)
    root = package.xml(comments)
    author = _author(root, add=True)
    for (row, column), note in free.items():
        root.find(tag("commentList")).append(_comment(root, address(row, column), author, note))
    package.touch(comments)
    drawing = _drawing_part(package, part, sheet)
    if drawing is not None and b"</xml" not in package.data(drawing):
        raise InputError([Issue("unreadable_file", package.file)])
    if drawing is None:
        drawing = package.free_name("xl/drawings/vmlDrawing{}.vml")
        others = [package.data(name) for name in package.names() if name.casefold().endswith(".vml")]
        package.put(drawing, empty_drawing(others, len(free)))
        declare_extension(package, "vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
        sheet.set_legacy_drawing(relate(package, part, "vmlDrawing", drawing))
    shapes = [shape(sheet, place, f"{note.title}\n{note.body}") for place, note in free.items()]
    package.put(drawing, add_shapes(package.data(drawing), shapes))


def _comments_part(package: Package, part: str) -> str | None:
    found = related(package, part, "comments")
    return found.part if found else None


def _drawing_part(package: Package, part: str, sheet: Worksheet) -> str | None:
    wanted = sheet.legacy_drawing()
    return next((r.part for r in relations(package, part) if r.id == wanted), None)


def _drop(package: Package, sheet_part: str, part: str) -> None:
    for relation in relations(package, sheet_part):
        if relation.part == part:
            unrelate(package, sheet_part, relation.id)
    discard(package, part)


def _author(root: Any, add: bool = False) -> str:
    """Our number among the authors."""
    box = root.find(tag("authors"))
    names = [e.text for e in box.iterchildren(tag("author"))]
    if NOTE_AUTHOR not in names and add:
        etree.SubElement(box, tag("author")).text = NOTE_AUTHOR
        names.append(NOTE_AUTHOR)
    return str(names.index(NOTE_AUTHOR)) if NOTE_AUTHOR in names else ""


def _comment(root: Any, cell: str, author: str, note: Note) -> Any:
    comment = root.makeelement(tag("comment"), {"ref": cell, "authorId": author, "shapeId": "0"}, nsmap=root.nsmap)
    holder = etree.SubElement(comment, tag("text"))
    for text, bold in ((f"{note.title}\n", True), (note.body, False)):
        run = etree.SubElement(holder, tag("r"))
        look = etree.fromstring(_BOLD.format(MAIN))
        if not bold:
            look.remove(look[0])
        run.append(look)
        content = etree.SubElement(run, tag("t"))
        content.text = xml_text(text)[:MOST_CHARACTERS]
        content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return comment
