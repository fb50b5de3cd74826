"""The study folder's Excel files, laid out as an HR office would, the same bytes every time."""

import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sample.people import Sheet
from sample.scenario import MissionSpec, Scenario
from workload.parameters import Taxonomy

EPOCH = datetime(2003, 6, 30)
TITLE = Font(bold=True, size=14, color="1F3864")
HEAD = Font(bold=True, color="FFFFFF")
HEAD_FILL = PatternFill("solid", fgColor="1F3864")
BAND_FILL = PatternFill("solid", fgColor="EEF2F8")
NOTE = Font(italic=True, color="7F3F00")
LINE = Border(bottom=Side(style="thin", color="BFC8D6"))
SIMULATED = "DONNÉES SIMULÉES — démonstration"


def save(book: Workbook, path: Path) -> None:
    """Without the clock: fixed dates inside the file, so that the same study gives the same bytes."""
    book.properties.creator = "workload sample"
    book.properties.created = book.properties.modified = EPOCH
    raw = io.BytesIO()
    book.save(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "docProps/core.xml":  # openpyxl stamps the moment of saving there
                stamp = f"{EPOCH:%Y-%m-%dT%H:%M:%SZ}"
                head, _, rest = content.decode().partition("<dcterms:modified")
                inner = rest.partition("</dcterms:modified>")
                opening = inner[0].partition(">")[0]
                content = f"{head}<dcterms:modified{opening}>{stamp}</dcterms:modified>{inner[2]}".encode()
            target.writestr(zipfile.ZipInfo(info.filename, (2003, 6, 30, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _head(ws: Worksheet, row: int, headings: list[str], widths: list[float]) -> None:
    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
        cell = ws.cell(row, column, heading)
        cell.font, cell.fill = HEAD, HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        ws.column_dimensions[get_column_letter(column)].width = width
    ws.row_dimensions[row].height = 32


def _title(ws: Worksheet, title: str, note: str) -> None:
    ws["A1"], ws["A2"] = title, note
    ws["A1"].font, ws["A2"].font = TITLE, NOTE
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", 9
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True


def _rows(ws: Worksheet, first: int, rows: list[list[object]], formats: dict[int, str] | None = None) -> int:
    for number, row in enumerate(rows, start=first):
        for column, value in enumerate(row, start=1):
            cell = ws.cell(number, column, value)
            cell.border = LINE
            if formats and column in formats:
                cell.number_format = formats[column]
    return first + len(rows)


def write_territories(path: Path, scenario: Scenario, parts: pd.DataFrame, sites: pd.DataFrame) -> None:
    book = Workbook()
    ws = book.active
    ws.title = "Communes"
    _title(
        ws,
        f"Communes, secteurs, sites et territoires — {scenario.title}",
        f"Rattachement aux territoires : un jugement. Sites et secteurs : {SIMULATED}.",
    )
    _head(
        ws,
        4,
        [
            "Code INSEE",
            "Commune",
            "Population",
            "Territoire",
            "Site",
            "Secteur",
            "Part de la commune",
            "Longitude",
            "Latitude",
            "EPCI",
            "Canton",
        ],
        [11, 30, 12, 22, 26, 32, 12, 11, 11, 34, 30],
    )
    rows: list[list[object]] = [
        [
            r.commune,
            r.commune_name,
            int(r.population),
            r.territory_name,
            r.site,
            r.sector,
            r.part,
            r.longitude,
            r.latitude,
            r.epci,
            r.canton,
        ]
        for r in parts.itertuples()
    ]
    _rows(ws, 5, rows, {1: "@", 3: "#,##0", 7: "0.000"})
    ws.freeze_panes = "C5"
    ws.auto_filter.ref = f"A4:K{4 + len(rows)}"
    ws.print_title_rows = "4:4"
    seats = book.create_sheet("Sites")
    _title(seats, "Sites et communes sièges", SIMULATED)
    _head(seats, 4, ["Site", "Territoire", "Commune siège (code INSEE)"], [30, 24, 18])
    _rows(seats, 5, [list(r) for r in sites[["site", "territory_name", "seat"]].itertuples(index=False)], {3: "@"})
    save(book, path)


def write_posts(path: Path, scenario: Scenario, posts: list[dict[str, object]]) -> None:
    book = Workbook()
    ws = book.active
    ws.title = "Postes"
    _title(
        ws,
        f"Registre des postes au {date.fromisoformat(scenario.day):%d/%m/%Y} — {scenario.title}",
        f"{SIMULATED}. Aucun nom : un code par agent.",
    )
    _head(
        ws,
        4,
        [
            "N° de poste",
            "Territoire",
            "Site",
            "Secteur",
            "Mission",
            "Profession",
            "ETP du poste",
            "Occupé",
            "Code agent",
            "Quotité de l’agent",
        ],
        [12, 22, 26, 32, 34, 16, 9, 9, 14, 11],
    )
    keys = ["post", "territory_name", "site", "sector", "mission", "profession", "fte"]
    rows = [[*(p[k] for k in keys), "oui" if p["occupied"] else "vacant", p["agent"], p["quotite"]] for p in posts]
    _rows(ws, 5, rows, {7: "0.0", 10: "0 %"})
    ws.freeze_panes = "B5"
    ws.auto_filter.ref = f"A4:J{4 + len(rows)}"
    ws.print_title_rows = "4:4"
    totals = book.create_sheet("Totaux")
    _title(
        totals,
        "Postes votés par territoire et mission",
        "Contrôle : la somme des lignes de la feuille Postes doit donner ces nombres.",
    )
    _head(totals, 4, ["Territoire", "Mission", "ETP déclarés"], [24, 36, 12])
    table = pd.DataFrame(posts).groupby(["territory_name", "mission"])["fte"].sum()
    _rows(totals, 5, [[t, m, float(v)] for (t, m), v in table.items()], {3: "0.0"})
    save(book, path)


def write_counts(
    path: Path, title: str, note: str, communes: pd.DataFrame, counts: pd.DataFrame, headings: dict[str, str]
) -> None:
    book = Workbook()
    ws = book.active
    ws.title = "Indicateurs"
    _title(ws, title, note)
    names = list(counts.columns)
    _head(ws, 4, ["Code INSEE", "Commune", *(headings[n] for n in names)], [11, 30, *([14] * len(names))])
    ws.row_dimensions[4].height = 62
    label = dict(zip(communes["commune"], communes["commune_name"], strict=True))
    rows = [
        [code, label[code], *(None if v != v else (int(v) if float(v).is_integer() else v) for v in row)]
        for code, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    ]
    end = _rows(ws, 5, rows, {1: "@", **dict.fromkeys(range(3, 3 + len(names)), "#,##0")})
    totals: list[object] = ["Total", None]
    for values in counts.to_numpy().T:
        total = sum(round(float(v) * 1000) for v in values if v == v)
        totals.append(total // 1000 if total % 1000 == 0 else total / 1000)
    _rows(ws, end, [totals], dict.fromkeys(range(3, 3 + len(names)), "#,##0"))
    for cell in ws[end]:
        cell.font, cell.fill = Font(bold=True), BAND_FILL
    ws.freeze_panes = "C5"
    ws.print_title_rows = "4:4"
    save(book, path)


def write_sheet(
    path: Path, scenario: Scenario, spec: MissionSpec, sheet: Sheet, items: Taxonomy, domains: set[str]
) -> None:
    """One agent's fortnight, as the form of the campaign."""
    book = Workbook()
    ws = book.active
    ws.title = "Relevé"
    start, end = (date.fromisoformat(day) for day in scenario.campaign)
    _title(ws, "Relevé de temps sur deux semaines", f"{SIMULATED}. Durées en heures et minutes, par exemple 1:30.")
    header = [
        ("Code agent", sheet.agent, "@"),
        ("Territoire", sheet.post["territory_name"], "@"),
        ("Site", sheet.post["site"], "@"),
        ("Mission", spec.name, "@"),
        ("Profession", sheet.post["profession"], "@"),
        ("Quotité", sheet.post["quotite"], "0 %"),
        ("Période du", start, "dd/mm/yyyy"),
        ("au", end, "dd/mm/yyyy"),
    ]
    for row, (label, value, number_format) in enumerate(header, start=4):
        ws.cell(row, 1, label).font = Font(bold=True)
        cell = ws.cell(row, 2, value)
        cell.number_format, cell.fill, cell.alignment = number_format, BAND_FILL, Alignment(horizontal="left")
    days = [start + timedelta(days=k + (2 if k >= 5 else 0)) for k in range(10)]
    _head(ws, 13, ["Code", "Activité", *(f"{day:%d/%m/%Y}" for day in days), "Total"], [12, 52, *([10.5] * 10), 9])
    for column, day in enumerate(days, start=3):
        ws.cell(13, column, day).number_format = "ddd dd/mm"
    shown = [item for item in items.items if item.domain in domains]
    for row, item in enumerate(shown, start=14):
        ws.cell(row, 1, item.code)
        ws.cell(row, 2, item.label).alignment = Alignment(wrap_text=True)
        for column, minutes in enumerate(sheet.minutes[item.code], start=3):
            cell = ws.cell(row, column, timedelta(minutes=minutes) if minutes else None)
            cell.number_format = "[h]:mm"
        ws.cell(row, 13, f"=SUM(C{row}:L{row})").number_format = "[h]:mm"
    last = 14 + len(shown)
    ws.cell(last, 2, "Total du jour").font = Font(bold=True)
    for column in range(3, 14):
        letter = get_column_letter(column)
        cell = ws.cell(last, column, f"=SUM({letter}14:{letter}{last - 1})")
        cell.number_format, cell.font = "[h]:mm", Font(bold=True)
    ws.freeze_panes = "C14"
    save(book, path)
