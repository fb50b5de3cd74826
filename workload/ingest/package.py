"""The package behind an .xlsx: what it may hold before anybody parses it, and what a quick reader does not show.

python-calamine reads error cells and formulas without a cached value as empty, and does not tell hidden rows. A sheet
whose XML holds any of these gets this second look, so that none of them becomes a silent zero.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from workload.errors import InputError, Issue

MAX_FILE_BYTES = 40 * 2**20
MAX_PART_BYTES = 120 * 2**20
SMALL_PART_BYTES = 2**20
MAX_PACKAGE_BYTES = 250 * 2**20
MAX_PARTS = 5_000
MAX_GRID_CELLS = 3_000_000
"""A sheet whose used rectangle is larger is no form that people fill in; a quick reader would allocate all of it."""
MAX_SHEETS = 500

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(KeyError, NotImplementedError, RuntimeError, ValueError),
)
"""What a damaged package can raise while it is looked at."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_WANTED = re.compile(r"xl/(?:workbook\.xml|_rels/workbook\.xml\.rels|worksheets/[^/]+\.xml)$")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_USED_COLUMN = re.compile(rb'r="([A-Z]{1,3})[0-9]{1,7}"')  # begins with a literal: five times faster than \b
_USED_ROW = re.compile(rb'row\s[^>]*?\br="([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</)")
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b(?=[^>]*?\bhidden="(?:1|true)")[^>]*?\br="([0-9]{1,7})"')
_PLAIN_FORMULA = re.compile(rb"<f[ >/]")
_CACHED_FORMULA = re.compile(rb"<f(?: [^>]*)?(?:/>|>[^<]*</f>)<v>[^<]")


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """#REF! and its like: a cell that holds an error instead of a value."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class UncachedFormula:
    """A formula whose result was never saved: no reader can know its value."""

    text: str

    def __str__(self) -> str:
        return f"={self.text}"


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What the quick reader hides in one sheet; rows and columns count from 1."""

    special: Mapping[tuple[int, int], ErrorCell | UncachedFormula] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()


def refuse(file: str, code: str, **params: object) -> InputError:
    return InputError([Issue(code, file, params={name: str(value) for name, value in params.items()})])


def check_size(path: Path, file: str) -> None:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise refuse(file, "file_too_large", size=size // 2**20, most=MAX_FILE_BYTES // 2**20)
    if size == 0:
        raise refuse(file, "file_empty")


def is_ole(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8) == _OLE


def inspect_package(path: Path, file: str) -> tuple[list[SecondLook], bool]:
    """Second looks in the order of the workbook's sheets, and whether its dates count from 1904.

    Raises InputError on bombs, entities, impossible dimensions and damage, before anything large is unpacked.
    """
    try:
        with zipfile.ZipFile(path) as package:
            known = _check_parts(package, file)
            book = _read(package, "xl/workbook.xml", file, known)
            order = _sheet_parts(package, book, file, known)
            looks = [_look(_read(package, part, file, known), file) if part else SecondLook() for part in order]
    except _DAMAGE as error:
        raise refuse(file, "unreadable_file") from error
    return looks, bool(re.search(rb'date1904="(?:1|true)"', book))


def check_zip(path: Path, file: str) -> None:
    """Bombs and entities in any zipped format (.ods too)."""
    try:
        with zipfile.ZipFile(path) as package:
            _check_parts(package, file)
            for info in package.infolist():
                if info.filename in ("content.xml", "styles.xml", "meta.xml"):
                    _read(package, info.filename, file)
    except _DAMAGE as error:
        raise refuse(file, "unreadable_file") from error


def _check_parts(package: zipfile.ZipFile, file: str) -> dict[str, bytes]:
    """Refuses bombs, passwords and entities. Gives the small parts that the second look will want, read once."""
    known: dict[str, bytes] = {}
    parts = package.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_PACKAGE_BYTES:
        raise refuse(file, "zip_bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise refuse(file, "encrypted_file")
    for part in parts:
        if part.file_size > MAX_PART_BYTES:
            raise refuse(file, "zip_bomb")
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        if part.file_size <= SMALL_PART_BYTES and _WANTED.match(part.filename):
            head = known[part.filename] = _read(package, part.filename, file)
        else:
            with package.open(part) as stream:
                head = stream.read(2048)
        if b"<!DOCTYPE" in head[:2048].upper():
            raise refuse(file, "xml_entities")
    return known


def _read(package: zipfile.ZipFile, name: str, file: str, known: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """A part, never more of it than it declares; an entity anywhere in it is refused."""
    if name in known:
        return known[name]
    with package.open(name) as stream:
        content = stream.read(MAX_PART_BYTES + 1)
    if len(content) > MAX_PART_BYTES:
        raise refuse(file, "zip_bomb")
    if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
        raise refuse(file, "xml_entities")
    return content


def _sheet_parts(package: zipfile.ZipFile, book: bytes, file: str, known: Mapping[str, bytes]) -> list[str]:
    """Part of each sheet in the order of workbook.xml; '' for what is no worksheet (a chart sheet)."""
    relations = dict[str, str]()
    described = _read(package, "xl/_rels/workbook.xml.rels", file, known)
    for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", described):
        target, key = (re.search(rb'\b%s="([^"]*)"' % name, tag) for name in (b"Target", b"Id"))
        if target and key:
            path = target[1].decode()
            absolute = path[1:] if path.startswith("/") else f"xl/{path}".replace("xl/./", "xl/")
            relations[key[1].decode()] = absolute
    sheets = re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", book)
    if len(sheets) > MAX_SHEETS:
        raise refuse(file, "too_many_sheets", n=len(sheets))
    names = {name.lower(): name for name in package.namelist()}
    order = []
    for tag in sheets:
        key = re.search(rb'\b\w+:id="([^"]*)"', tag)
        part = names.get(relations.get(key[1].decode(), "").lower(), "") if key else ""
        order.append(part if _SHEET_PART.fullmatch(part) else "")
    return order


def _look(xml: bytes, file: str) -> SecondLook:
    _check_rectangle(xml, file)
    hidden = frozenset(int(row) for row in _HIDDEN_ROW.findall(xml)) if b"hidden=" in xml else frozenset[int]()
    special: dict[tuple[int, int], ErrorCell | UncachedFormula] = {}
    if not _plainly_whole(xml):
        for attributes, content in _CELL.findall(xml):
            found = _special(attributes, content)
            where = _REFERENCE.search(attributes)
            if found and where:
                special[int(where[2]), _column(where[1])] = found
    return SecondLook(special, hidden)


def _plainly_whole(xml: bytes) -> bool:
    """Seen at a glance, as in most sheets: no error cell, and a value saved with every formula."""
    if b't="e"' in xml or b":f" in xml:
        return False
    return len(_PLAIN_FORMULA.findall(xml)) == len(_CACHED_FORMULA.findall(xml))


def _special(attributes: bytes, content: bytes) -> ErrorCell | UncachedFormula | None:
    value = _VALUE.search(content)
    if b't="e"' in attributes:
        return ErrorCell(value[1].decode("utf-8", "replace") if value else "#N/A")
    if value is None or (not value[1] and b't="str"' not in attributes):
        formula = _FORMULA.search(content)
        if formula:
            return UncachedFormula((formula[1] or b"...").decode("utf-8", "replace"))
    return None


def _check_rectangle(xml: bytes, file: str) -> None:
    """The used rectangle, from the cells themselves: what <dimension> says is not to be trusted."""
    columns = set(_USED_COLUMN.findall(xml))
    rows = _USED_ROW.findall(xml)
    if not rows:
        return
    width = max((_column(letters) for letters in columns), default=1)
    numbers = [int(row) for row in rows]
    if width > 16_384 or max(numbers) > 1_048_576 or width * max(numbers) > MAX_GRID_CELLS:
        raise refuse(file, "sheet_too_large", rows=max(numbers), columns=width)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
