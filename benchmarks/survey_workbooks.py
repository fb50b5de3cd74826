"""A study folder with as many filled survey workbooks as wanted: the sheet we hand out, filled in, its values varied."""

import random
import re
import shutil
import zipfile
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import xlsxwriter
import yaml

from workload.ingest.study import read_register
from workload.ingest.study_file import FILE as STUDY_FILE
from workload.ingest.templates.survey import write_survey_templates
from workload.parameters import taxonomy

SAMPLE = Path(__file__).parent.parent / "sample" / "meurthe-et-moselle"
TAXONOMY, MISSION, PROFESSION = "niagara-2000", "Polyvalence de secteur", "ASS"
FIRST_DAY, WEEKS, DAYS, ITEMS = date(2003, 3, 3), 4, 20, 25
MINUTES = (5, 8, 10, 10, 12, 15, 15, 17, 20, 20, 25, 30, 40)
_DURATION = re.compile(rb"<v>0\.0069444\d*</v>")  # ten minutes, in every cell that varies
_FORMULA_WITHOUT_VALUE = re.compile(rb"(</f>)<v\s*(?:/>|></v>)")


def agent_code(number: int) -> str:
    return f"A{1_000_000 + number}"


def make_study(folder: Path, workbooks: int, seed: int = 0) -> list[Path]:
    """etude.yaml, territoires.xlsx, postes.xlsx with a post per agent, and the survey workbooks, whose paths it gives."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = yaml.safe_load((SAMPLE / STUDY_FILE).read_text("utf-8"))
    last = FIRST_DAY + timedelta(weeks=WEEKS - 1, days=4)
    settings |= {"etude": "Étude de mesure", "campagne": {"debut": FIRST_DAY, "fin": last}}
    (folder / STUDY_FILE).write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    shutil.copyfile(SAMPLE / "territoires.xlsx", folder / "territoires.xlsx")
    _write_posts(folder / "postes.xlsx", workbooks)
    return make_surveys(folder, folder / "enquete", range(workbooks), seed)


def make_surveys(study: Path, folder: Path, numbers: range, seed: int = 0) -> list[Path]:
    """One filled workbook per agent; another seed, other durations."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = _filled(study, folder)
    nobody = agent_code(0).encode()
    paths = []
    for number in numbers:
        draw = random.Random(seed * 1_000_003 + number)
        code = agent_code(number)
        path = folder / f"releve_{code}.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
            for name, content in parts.items():
                varied = _DURATION.sub(lambda _, draw=draw: b"<v>%r</v>" % (draw.choice(MINUTES) / 1440), content)  # type: ignore[misc]
                package.writestr(name, varied.replace(nobody, code.encode()))
        paths.append(path)
    return paths


def _filled(study: Path, folder: Path) -> dict[str, bytes]:
    """The parts of one agent's template with ten minutes everywhere, and a value saved with every formula."""
    register = read_register(study)
    work = folder / ".modele"
    one = register.posts.head(1)
    template = write_survey_templates(
        one, register.communes, register.settings, register.taxonomy, "agent", target_dir=work
    )[0]
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[1]
    codes = {item.code for item in taxonomy(TAXONOMY).items[:ITEMS]}
    for row in sheet.iter_rows(min_row=1, max_col=2 + DAYS):
        if row[0].value == "Quotité":
            row[1].value = 1
        if row[0].value in codes:
            for cell in row[2:]:
                cell.value = 10 / 1440
    book.save(template)
    with zipfile.ZipFile(template) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    shutil.rmtree(work)
    return {name: _FORMULA_WITHOUT_VALUE.sub(rb"\1<v>0.3125</v>", content) for name, content in parts.items()}


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
