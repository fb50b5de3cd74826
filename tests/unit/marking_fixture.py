"""A workbook that holds what a load-and-save would lose: cached results, sparklines, x14 rules, pictures, a macro."""

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import xlsxwriter

from workload.errors import Issue, Severity
from workload.ingest.marking.colours import shade_index

VBA = b"\xd0\xcf\x11\xe0 not a real project, kept all the same"
CACHED = 37.5  # the value that the formula's cell shows; no program has computed it
SHEET, HIDDEN = "Relevé d'avril", "Codes"
QUOTED = "'Relevé d''avril'"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def png() -> bytes:
    """A red picture of eight by eight pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress((b"\0" + b"\xc0\0\0" * 8) * 8))
        + chunk(b"IEND", b"")
    )


def rich_workbook(path: Path) -> Path:
    """An .xlsm: `Relevé d'avril` (merged cells, comment, chart, …), `Codes` (hidden), `Graphique`, `Notes`."""
    vba = path.parent / "vba.bin"
    vba.write_bytes(VBA)
    book = xlsxwriter.Workbook(path)
    book.add_vba_project(str(vba))
    bold = book.add_format({"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "border": 1})
    hours = book.add_format({"num_format": "[h]:mm", "locked": False, "border": 1, "italic": True})
    grey = book.add_format({"num_format": "0.00", "pattern": 4, "fg_color": "#DDEEFF", "bg_color": "#FFFFFF"})
    sheet, codes = book.add_worksheet(SHEET), book.add_worksheet(HIDDEN)
    sheet.set_column("A:A", 30)
    sheet.set_column("H:H", 12, hours)
    sheet.set_row(29, 20, bold)
    sheet.merge_range("A1:D2", "Relevé de temps", bold)
    sheet.write_row("A4", ["Activité", "Lundi", "Mardi", "Mercredi"], bold)
    for row in range(5, 21):
        sheet.write(f"A{row}", f"Activité {row}")
        for column, value in zip("BCD", (0.1, "37,5h", 0.2), strict=True):
            sheet.write(f"{column}{row}", value, hours if column != "D" else grey)
    sheet.write_formula("B21", "=SUM(B5:B20)", hours, CACHED)
    sheet.write_formula("C21", '=IF(B21>1,"trop","bien")', None, "trop")
    sheet.write_comment("A6", "Vu avec la cheffe de service.", {"author": "Marie"})
    sheet.add_sparkline("F5", {"range": f"{QUOTED}!B5:D5"})
    sheet.conditional_format("D5:D20", {"type": "data_bar", "data_bar_2010": True, "bar_color": "#63C384"})
    sheet.conditional_format("B5:B20", {"type": "cell", "criteria": ">", "value": 1, "format": bold})
    sheet.data_validation("C5:C20", {"validate": "list", "source": f"={HIDDEN}!$A$1:$A$3"})
    sheet.insert_textbox("F10", "Rendre avant le 30")
    sheet.set_header("&L&G", {"image_left": "p.png", "image_data_left": io.BytesIO(png())})
    sheet.print_area("A1:D21")
    sheet.repeat_rows(3)
    sheet.freeze_panes(4, 1)
    sheet.protect("")
    codes.write_column("A1", ["un", "deux", "trois"])
    codes.hide()
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"={QUOTED}!$B$5:$B$20"})
    sheet.insert_chart("F14", chart)
    page = book.add_chartsheet("Graphique")
    other = book.add_chart({"type": "line"})
    other.add_series({"values": f"={QUOTED}!$B$5:$B$20"})
    page.set_chart(other)
    notes = book.add_worksheet("Notes")
    notes.write("B2", "libre")
    notes.activate()
    book.define_name("Total", f"={QUOTED}!$B$21")
    book.define_name(f"{HIDDEN}!Liste", f"={HIDDEN}!$A$1:$A$3")
    book.close()
    vba.unlink()
    _inject(path)
    return path


def _inject(path: Path) -> None:
    """The parts that XlsxWriter does not write: a calculation chain, a person of threaded comments, custom XML."""
    parts = read_parts(path)
    chain = '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B21" i="1" l="1"/><c r="C21"/></calcChain>'
    person = '<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"/>'
    parts["xl/calcChain.xml"] = chain.encode()
    parts["xl/persons/person.xml"] = person.encode()
    parts["customXml/item1.xml"] = b"<own>data</own>"
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rId90" Type="{_OFFICE}/calcChain" Target="/xl/calcChain.xml"/>'
        '<Relationship Id="rId91" Type="http://schemas.microsoft.com/office/2017/10/relationships/person" '
        f'Target="persons/person.xml"/><Relationship Id="rId92" Type="{_OFFICE}/customXml" '
        'Target="../customXml/item1.xml"/></Relationships>'.encode(),
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        f'<Override PartName="/xl/calcChain.xml" ContentType="{_TYPES}calcChain+xml"/><Override '
        'PartName="/xl/persons/person.xml" ContentType="application/vnd.ms-excel.person+xml"/></Types>'.encode(),
    )
    write_parts(path, parts)


def prefixed(path: Path, target: Path) -> Path:
    """The same workbook with `x:` before every name of its sheets, as some generators write."""
    parts = read_parts(path)
    for name, data in parts.items():
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            data = re.sub(rb"<(/?)([A-Za-z]+)(?=[\s>/])", rb"<\1x:\2", data)
            parts[name] = data.replace(b' xmlns="', b' xmlns:x="', 1)
    return write_parts(target, parts)


def read_parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def wrong(cell: str, value: str = "37,5h", sheet: str = SHEET, severity: Severity = Severity.ERROR) -> Issue:
    return Issue("duration_format", "releve.xlsm", sheet, cell, value, severity, "37:30")


def coloured(path: Path, sheet: str = SHEET) -> dict[str, str]:
    """Cells that carry our colours, and which."""
    cells = openpyxl.load_workbook(path)[sheet]._cells.values()
    fills = {c.coordinate: c.fill.fgColor.rgb for c in cells if c.fill.patternType == "solid"}
    return {at: rgb for at, rgb in fills.items() if isinstance(rgb, str) and shade_index(rgb) is not None}


def notes(path: Path, sheet: str = SHEET) -> dict[str, tuple[str, str]]:
    """Author and text of each note."""
    cells = openpyxl.load_workbook(path)[sheet]._cells.values()
    return {c.coordinate: (c.comment.author, c.comment.text) for c in cells if c.comment}
