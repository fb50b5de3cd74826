"""A study folder with as many filled survey workbooks as wanted, made in moments: one template, its values replaced."""

import random
import re
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter
import yaml
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from workload.ingest.study_file import FILE as STUDY_FILE
from workload.parameters import Item, taxonomy

SAMPLE = Path("sample/meurthe-et-moselle")
TAXONOMY, MISSION, PROFESSION = "niagara-2000", "Polyvalence de secteur", "ASS"
FIRST_DAY, DAYS, ITEMS = date(2003, 3, 3), 20, 25
HEADING_ROW = 12  # from 0
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
NOBODY = "A0000000"
MINUTES = (5, 8, 10, 10, 12, 15, 15, 17, 20, 20, 25, 30, 40)
_DURATION = re.compile(r"0\.0069444\d*")  # ten minutes, in every duration cell of the template


def agent_code(number: int) -> str:
    return f"A{1_000_000 + number}"


def make_study(folder: Path, workbooks: int, seed: int = 0) -> list[Path]:
    """etude.yaml, territoires.xlsx, postes.xlsx with a post per agent, and the survey workbooks, whose paths it gives."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = yaml.safe_load((SAMPLE / STUDY_FILE).read_text("utf-8"))
    days = _days()
    settings |= {"etude": f"Étude de mesure, {workbooks} relevés", "campagne": {"debut": days[0], "fin": days[-1]}}
    (folder / STUDY_FILE).write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    (folder / "territoires.xlsx").write_bytes((SAMPLE / "territoires.xlsx").read_bytes())
    _write_posts(folder / "postes.xlsx", workbooks)
    return make_surveys(folder / "enquete", range(workbooks), seed)


def make_surveys(folder: Path, numbers: range, seed: int = 0) -> list[Path]:
    """One filled workbook per agent; another seed, other durations."""
    folder.mkdir(exist_ok=True)
    template = folder / "modele.tmp"
    _write_template(template)
    with zipfile.ZipFile(template) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    template.unlink()
    sheet, strings = parts[SHEET].decode(), parts[STRINGS].decode()
    paths = []
    for number in numbers:
        draw = random.Random(seed * 1_000_003 + number)
        parts[SHEET] = _DURATION.sub(lambda _, draw=draw: repr(draw.choice(MINUTES) / 1440), sheet).encode()  # type: ignore[misc]
        parts[STRINGS] = strings.replace(NOBODY, agent_code(number)).encode()
        path = folder / f"releve_{agent_code(number)}.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
            for name, content in parts.items():
                package.writestr(name, content)
        paths.append(path)
    return paths


def _days() -> list[date]:
    """Weekdays from the first one on."""
    weeks, rest = divmod(DAYS, 5)
    return [FIRST_DAY + timedelta(weeks=n // 5, days=n % 5) for n in range(weeks * 5 + rest)]


def _write_template(path: Path) -> None:
    items: tuple[Item, ...] = taxonomy(TAXONOMY).items[:ITEMS]
    with xlsxwriter.Workbook(path) as book:
        duration, bold = book.add_format({"num_format": "[h]:mm"}), book.add_format({"bold": True})
        day_format = book.add_format({"num_format": "ddd dd/mm/yyyy", "bold": True})
        sheet = book.add_worksheet("Relevé")
        sheet.write(0, 0, "Relevé de temps sur quatre semaines", bold)
        header = ("Code agent", NOBODY), ("Territoire", "Longwy"), ("Site", "Longwy"), ("Mission", MISSION)
        for row, (label, value) in enumerate((*header, ("Profession", PROFESSION), ("Quotité", 1)), start=3):
            sheet.write(row, 0, label, bold)
            sheet.write(row, 1, value)
        for row, (label, day) in enumerate((("Période du", _days()[0]), ("au", _days()[-1])), start=9):
            sheet.write(row, 0, label, bold)
            sheet.write_datetime(row, 1, _midnight(day), day_format)
        sheet.write_row(HEADING_ROW, 0, ["Code", "Activité"], bold)
        for column, day in enumerate(_days(), start=2):
            sheet.write_datetime(HEADING_ROW, column, _midnight(day), day_format)
        sheet.write(HEADING_ROW, 2 + DAYS, "Total", bold)
        last = HEADING_ROW + len(items)
        for row, item in enumerate(items, start=HEADING_ROW + 1):
            sheet.write_row(row, 0, [item.code, item.label])
            for column in range(2, 2 + DAYS):
                sheet.write_number(row, column, 10 / 1440, duration)
            ends = xl_rowcol_to_cell(row, 2), xl_rowcol_to_cell(row, 1 + DAYS)
            sheet.write_formula(row, 2 + DAYS, f"=SUM({ends[0]}:{ends[1]})", duration, 0.25)
        sheet.write(last + 1, 1, "Total du jour", bold)
        for column in range(2, 3 + DAYS):
            name = xl_col_to_name(column)
            sheet.write_formula(last + 1, column, f"=SUM({name}{HEADING_ROW + 2}:{name}{last + 1})", duration, 0.3125)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _write_posts(path: Path, posts: int) -> None:
    headings = ["N° de poste", "Territoire", "Site", "Mission", "Profession", "ETP du poste", "Occupé", "Code agent"]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Postes")
        sheet.write_row(0, 0, headings)
        for n in range(posts):
            row = [f"PO-{n:04d}", "Longwy", "Longwy", MISSION, PROFESSION, 1, "oui", agent_code(n)]
            sheet.write_row(n + 1, 0, row)
        totals = book.add_worksheet("Totaux")
        totals.write_row(0, 0, ["Territoire", "Mission", "ETP déclarés"])
        totals.write_row(1, 0, ["Longwy", MISSION, posts])
