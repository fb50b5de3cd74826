"""Whatever is validly written into a template of ours and read back is the same, to the minute."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from tests.unit.templates_fixture import CODES, ITEMS, communes, errors, posts, read, settings
from workload.ingest.grid import read_workbook
from workload.ingest.posts import read_posts
from workload.ingest.templates import FORMS, write_posts_template, write_survey_templates, write_territories_template
from workload.ingest.territories import read_territories
from workload.parameters import parameters_on

STUDY = settings()
DAYS = [date(2025, 3, 10) + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
WAYS: tuple[Callable[[int], Any], ...] = (
    lambda m: timedelta(minutes=m),
    lambda m: m / 1440,
    lambda m: f"{m // 60}:{m % 60:02d}",
    lambda m: f"{m // 60} h {m % 60:02d}",
    lambda m: f"{m} min",
    lambda m: time(m // 60, m % 60) if m < 1440 else timedelta(days=1),
)
QUICK = effort(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def entries(draw: st.DrawFn) -> dict[tuple[date, str], tuple[int, Any]]:
    """(day, item) → minutes and the cell's value, no day over 24 h, at least one entry."""
    cells = draw(
        st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(CODES)), min_size=1, max_size=40, unique=True)
    )
    left = dict.fromkeys(DAYS, 1440)
    found = {}
    for day, code in cells:
        if not left[day]:
            continue
        minutes = draw(st.integers(1, left[day]) | st.integers(1, min(90, left[day])))
        left[day] -= minutes
        found[day, code] = (minutes, draw(st.sampled_from(WAYS))(minutes))
    return found


@cache
def blank(form: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (path,) = write_survey_templates(posts(["A1"], quotite=0.8), communes(), STUDY, ITEMS, form, Path(folder))
        return path.read_bytes()


def rows_of(ws: Worksheet) -> dict[str, int]:
    return {str(ws.cell(r, 1).value): r for r in range(9, 60) if ws.cell(r, 1).value in CODES}


def back(form: str, fill: Callable[[Any], None]) -> dict[tuple[date | None, str], float]:
    """The template filled by `fill(book)` and read; one agent, no error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "releve.xlsx"
        path.write_bytes(blank(form))
        book = openpyxl.load_workbook(path)
        fill(book)
        book.save(path)
        found = read(path, STUDY)
    assert [e for e in errors(found) if e[0] != "empty_survey"] == []
    assert found.layout == FORMS[form]
    answers = [sheet for sheet in found.sheets if sheet.minutes]  # a week left blank counts as another sheet
    assert [s.agent for s in answers] == ["A1"]
    return {key: minutes for key, minutes in answers[0].minutes.items() if minutes}


@pytest.mark.parametrize("form", ["agent", "team"])
@QUICK
@given(written=entries())
def test_day_forms(form: str, written: dict[tuple[date, str], tuple[int, Any]]) -> None:
    def fill(book: Any) -> None:
        ws = book["Relevé" if form == "agent" else "A1"]
        rows = rows_of(ws)
        columns = {ws.cell(13, c).value.date(): c for c in range(3, 13)}
        for (day, code), (_, value) in written.items():
            ws.cell(rows[code], columns[day]).value = value

    assert back(form, fill) == {key: minutes for key, (minutes, _) in written.items()}


@QUICK
@given(written=entries())
def test_week_form(written: dict[tuple[date, str], tuple[int, Any]]) -> None:
    def fill(book: Any) -> None:
        for (day, code), (_, value) in written.items():
            monday = day - timedelta(days=day.weekday())
            ws = book[f"Semaine du {monday:%d-%m-%Y}"]
            ws.cell(rows_of(ws)[code], 3 + day.weekday()).value = value

    assert back("week", fill) == {key: minutes for key, (minutes, _) in written.items()}


@QUICK
@given(written=entries(), by_label=st.booleans(), gaps=st.integers(1, 3))
def test_list_form(written: dict[tuple[date, str], tuple[int, Any]], by_label: bool, gaps: int) -> None:
    labels = {item.code: f"{item.code} {item.label}" if by_label else item.code for item in ITEMS.items}

    def fill(book: Any) -> None:
        ws = book["Relevé"]
        for n, ((day, code), (_, value)) in enumerate(written.items()):
            row = 6 + n * gaps
            ws.cell(row, 2).value, ws.cell(row, 3).value, ws.cell(row, 4).value = day, labels[code], value

    assert back("list", fill) == {key: minutes for key, (minutes, _) in written.items()}


@QUICK
@given(cuts=st.lists(st.integers(1, 999), unique=True, max_size=20), start=st.integers(0, len(CODES) - 1))
def test_percent_form(cuts: list[int], start: int) -> None:
    edges = [0, *sorted(cuts), 1000]
    parts = {CODES[(start + n) % len(CODES)]: b - a for n, (a, b) in enumerate(pairwise(edges))}

    def fill(book: Any) -> None:
        ws = book["Relevé"]
        rows = rows_of(ws)
        for code, part in parts.items():
            ws.cell(rows[code], 3).value = part / 1000

    week_min = parameters_on(STUDY.day)["weekly_hours"].value * 60 * 0.8
    found = back("percent", fill)
    assert {code: round(minutes) for (_, code), minutes in found.items()} == {
        c: round(p / 1000 * week_min) for c, p in parts.items()
    }


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20).map(
    lambda s: f"={s}"
)
"""Names that would be formulas."""


@effort(max_examples=8, deadline=None)
@given(
    agents=st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold),
    weeks=st.integers(1, 3),
    start=st.integers(0, 13),
    form=st.sampled_from(["agent", "team", "week", "list", "percent"]),
)
def test_any_codes_and_any_campaign(agents: list[str], weeks: int, start: int, form: str) -> None:
    """Whoever the agents are and whenever the campaign, a minimal answer comes back under the right code."""
    first = date(2025, 3, 3) + timedelta(days=start)
    study = settings(first, first + timedelta(days=7 * weeks))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_survey_templates(posts(agents), communes(), study, ITEMS, form, Path(folder))
        found = set()
        for path in paths:
            book = openpyxl.load_workbook(path)
            for ws in book.worksheets[1:]:
                if ws.sheet_state != "visible":
                    continue
                assert all(
                    c.data_type != "f" or c.value.startswith(("=SUM", "=IF(")) for row in ws.iter_rows() for c in row
                )
                if form == "list":
                    ws["B6"].value, ws["C6"].value, ws["D6"].value = ws["F6"].value, "T1", timedelta(minutes=45)
                else:
                    ws.cell(rows_of(ws)["T1"], 3).value = 1 if form == "percent" else timedelta(minutes=45)
            book.save(path)
            reading = read(path, study)
            assert errors(reading) == []
            found |= {s.agent for s in reading.sheets}
    assert found == set(agents)


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)


@st.composite
def register(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    rows = []
    for n in range(draw(st.integers(1, 12))):
        mission, profession = draw(
            st.sampled_from(
                [
                    ("Polyvalence de secteur", "ASS"),
                    ("Polyvalence de secteur", "CESF"),
                    ("Protection de l’enfance", "Éducateur"),
                ]
            )
        )
        place = draw(st.sampled_from([("Nord", "Site A", "S1"), ("Nord", "Site A", None), ("Sud", "Site B", "S2")]))
        occupied = draw(st.booleans())
        agent = f"A{n}" if occupied and draw(st.booleans()) else None
        quotite = draw(st.sampled_from([1, 0.8, 0.5])) if agent else None
        year = draw(st.none() | st.integers(2025, 2060))
        reason = draw(st.sampled_from([None, "retraite", "mobilité"])) if year else None
        locked = draw(st.sampled_from(["oui", "non", None]))
        fte = draw(st.sampled_from([1, 0.5, 0.8, 0.1]))
        rows.append(
            (
                f"P{n}",
                *place,
                mission,
                profession,
                fte,
                "oui" if occupied else "vacant",
                agent,
                quotite,
                locked,
                year,
                reason,
            )
        )
    return rows


def put_rows(ws: Worksheet, rows: list[tuple[Any, ...]]) -> None:
    for number, row in enumerate(rows, start=5):
        for column, value in enumerate(row, start=1):
            ws.cell(number, column).value = value


def plain(value: object) -> object:
    """None for every kind of nothing."""
    return None if pd.isna(value) else value


@QUICK
@given(rows=register())
def test_posts(rows: list[tuple[Any, ...]]) -> None:
    missions = {"Polyvalence de secteur": "polyvalence", "Protection de l’enfance": "enfance"}
    with tempfile.TemporaryDirectory() as folder:
        path = write_posts_template(Path(folder) / "postes.xlsx", STUDY, communes())
        book = openpyxl.load_workbook(path)
        put_rows(book["Postes"], rows)
        totals = book["Totaux"]
        for r in range(5, totals.max_row + 1):
            key = (totals.cell(r, 1).value, totals.cell(r, 2).value)
            totals.cell(r, 3).value = round(sum(row[6] for row in rows if (row[1], row[4]) == key), 6)
        book.save(path)
        table, issues = read_posts(read_workbook(path, path.name), communes(), STUDY)
    assert issues == []
    found = [tuple(plain(v) for v in row) for row in table.itertuples(index=False, name=None)]
    assert found == [
        (
            p,
            t.lower(),
            s,
            sector,
            missions[m],
            job,
            fte,
            occupied == "oui",
            agent,
            quotite,
            locked == "oui",
            year,
            reason,
        )
        for p, t, s, sector, m, job, fte, occupied, agent, quotite, locked, year, reason in rows
    ]


@QUICK
@given(
    shares=st.lists(st.sampled_from([(1,), (0.4, 0.6), (0.25, 0.25, 0.5)]), min_size=1, max_size=8),
    names=st.lists(TEXT, min_size=3, max_size=3, unique_by=lambda s: s.casefold()),
)
def test_territories(shares: list[tuple[float, ...]], names: list[str]) -> None:
    """Communes whole or cut into sectors, of two territories, whatever the names."""
    rows: list[tuple[Any, ...]] = []
    for n, parts in enumerate(shares):
        side = n % 2
        for k, part in enumerate(parts):
            whole = None if part == 1 else part
            rows.append(
                (
                    f"54{n:03d}",
                    f"{names[2]} {n}",
                    100 * n,
                    f"T{side} {names[side]}",
                    f"Site {side}",
                    f"Secteur {side}{k}",
                    whole,
                    6.1,
                    48.7,
                )
            )
    seats = [(f"Site {side}", f"T{side} {names[side]}", f"54{side:03d}") for side in range(min(2, len(shares)))]
    with tempfile.TemporaryDirectory() as folder:
        path = write_territories_template(Path(folder) / "territoires.xlsx", STUDY)
        book = openpyxl.load_workbook(path)
        put_rows(book["Communes"], rows)
        put_rows(book["Sites"], seats)
        book.save(path)
        table, sites, issues = read_territories(read_workbook(path, path.name), "54")
    assert issues == []
    columns = [
        "commune",
        "commune_name",
        "population",
        "territory_name",
        "site",
        "sector",
        "part",
        "longitude",
        "latitude",
    ]
    assert list(table[columns].itertuples(index=False, name=None)) == [
        (*row[:6], row[6] or 1.0, *row[7:]) for row in rows
    ]
    assert sites["seat"].tolist() == [seat for _, _, seat in seats]


def test_a_date_cell_of_a_list_may_carry_a_time() -> None:
    def fill(book: Any) -> None:
        ws = book["Relevé"]
        ws["B6"].value, ws["C6"].value, ws["D6"].value = datetime(2025, 3, 10, 9, 30), "T1", "0:45"

    assert back("list", fill) == {(date(2025, 3, 10), "T1"): 45.0}
