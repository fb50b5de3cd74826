"""Survey workbooks made by script: a small valid form, and ways to spoil it."""

import csv
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook, load_workbook

from workload.ingest.grid import read_workbook
from workload.ingest.survey import ItemMap, SurveyContext, SurveyReading, load_layouts, read_survey
from workload.parameters import taxonomy

DAYS = [date(2003, 3, 10) + timedelta(days=k) for k in range(5)]
CAMPAIGN = (date(2003, 3, 10), date(2003, 3, 21))
HEADER = {
    "Code agent": "A123",
    "Territoire": "Longwy",
    "Site": "Longwy",
    "Mission": "Polyvalence de secteur",
    "Profession": "ASS",
    "Quotité": 1.0,
    "Période du": CAMPAIGN[0],
    "au": CAMPAIGN[1],
}
ITEMS = {
    "A1": "Accueil et permanences : premier contact",
    "A2": "Entretiens d’aide et de diagnostic",
    "L1": "Logement : entretiens et visites",
    "T1": "Déplacements professionnels",
    "S1": "Réunions de service et d’équipe",
}
FIRST_ROW = 14
MINUTES = {"A1": 95, "A2": 130, "L1": 70, "T1": 55, "S1": 70}


def context(campaign: tuple[date, date] | None = CAMPAIGN, folder: Path | None = None) -> SurveyContext:
    return SurveyContext(ItemMap.of(taxonomy("niagara-2000")), load_layouts(folder), campaign, 24 * 60, 35 * 60, 0.25)


def form(edit: Callable[[Workbook], None] | None = None, value: Callable[[int], object] | None = None) -> Workbook:
    """The valid form of one agent over five days; every day holds MINUTES, a little different each."""
    book = Workbook()
    ws = book.active
    ws.title = "Relevé"
    ws["A1"] = "Relevé de temps"
    for row, (label, content) in enumerate(HEADER.items(), start=4):
        ws.cell(row, 1, label)
        ws.cell(row, 2, content)
    ws.cell(13, 1, "Code")
    ws.cell(13, 2, "Activité")
    for column, day in enumerate(DAYS, start=3):
        ws.cell(13, column, day)
    ws.cell(13, 8, "Total")
    for row, (code, label) in enumerate(ITEMS.items(), start=FIRST_ROW):
        ws.cell(row, 1, code)
        ws.cell(row, 2, label)
        for k in range(5):
            minutes = expected_minutes(code, k)
            cell = ws.cell(row, 3 + k, value(minutes) if value else timedelta(minutes=minutes))
            if not value:
                cell.number_format = "[h]:mm"
    ws.cell(FIRST_ROW + len(ITEMS), 2, "Total du jour")
    if edit:
        edit(book)
    return book


def expected_minutes(code: str, day: int) -> int:
    return MINUTES[code] + 5 * day


def expected() -> dict[tuple[date, str], float]:
    return {(day, code): float(expected_minutes(code, k)) for k, day in enumerate(DAYS) for code in ITEMS}


def read(path: Path, campaign: tuple[date, date] | None = CAMPAIGN) -> SurveyReading:
    return read_survey(read_workbook(path, path.name), context(campaign))


def patch_xml(path: Path, part: str, change: Callable[[str], str]) -> None:
    """Rewrites one XML part of a package in place."""
    with zipfile.ZipFile(path) as source:
        parts = {info.filename: source.read(info) for info in source.infolist()}
    parts[part] = change(parts[part].decode("utf-8")).encode("utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)


def cell_xml(reference: str, inside: str, attributes: str = "") -> Callable[[str], str]:
    """Replaces the content of one cell in a sheet's XML."""
    pattern = re.compile(rf'<c r="{reference}"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
    return lambda xml: pattern.sub(f'<c r="{reference}"{attributes}>{inside}</c>', xml, count=1)


def as_csv(book: Workbook, path: Path, delimiter: str = ";", encoding: str = "utf-8-sig") -> None:
    """The first sheet as a spreadsheet program would export it."""

    def text(value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, timedelta):
            minutes = int(value.total_seconds() // 60)
            return f"{minutes // 60}:{minutes % 60:02d}"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        return str(value).replace(".", ",") if isinstance(value, float) else str(value)

    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerows([[text(v) for v in row] for row in book.active.iter_rows(values_only=True)])


def as_xls(source: Path, path: Path) -> None:
    """The same cells in the old binary format."""
    import xlwt

    old = xlwt.Workbook()
    for ws in load_workbook(source).worksheets:
        sheet = old.add_sheet(ws.title)
        for row in ws.iter_rows():
            for cell in row:
                if isinstance(cell.value, timedelta):
                    sheet.write(
                        cell.row - 1,
                        cell.column - 1,
                        cell.value.total_seconds() / 86400,
                        xlwt.easyxf(num_format_str="[h]:mm"),
                    )
                elif cell.is_date:
                    sheet.write(cell.row - 1, cell.column - 1, cell.value, xlwt.easyxf(num_format_str="dd/mm/yyyy"))
                elif cell.value is not None:
                    sheet.write(cell.row - 1, cell.column - 1, cell.value)
    old.save(str(path))


def as_ods(source: Path, path: Path) -> None:
    """The same cells in the OpenDocument format."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    for ws in load_workbook(source).worksheets:
        table = Table(name=ws.title)
        for row in ws.iter_rows(values_only=True):
            line = TableRow()
            for value in row:
                if isinstance(value, timedelta):
                    minutes = int(value.total_seconds() // 60)
                    cell = TableCell(valuetype="time", timevalue=f"PT{minutes // 60:02d}H{minutes % 60:02d}M00S")
                elif hasattr(value, "strftime"):
                    cell = TableCell(valuetype="date", datevalue=f"{value:%Y-%m-%d}")
                elif isinstance(value, int | float):
                    cell = TableCell(valuetype="float", value=str(value))
                elif value is None:
                    cell = TableCell()
                else:
                    cell = TableCell(valuetype="string")
                    cell.addElement(P(text=str(value)))
                line.addElement(cell)
            table.addElement(line)
        document.spreadsheet.addElement(table)
    document.save(str(path))
