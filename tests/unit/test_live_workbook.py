"""The live workbook agrees with the engine: as it is, and once LibreOffice has worked out what a reader changed."""

import re
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from tests.programs import require_program
from tests.unit.recount_fixture import basis, quick
from workload.recount import Changes, recount
from workload.reporting.live_workbook import write_live_workbook
from workload.reporting.live_workbook.need_sheet import nearest
from workload.store.scenario_sheets import Sheet

SHEETS = ["Mode d’emploi", "Poids", "Indicateurs", "Besoin", "Part équitable", "Justification", "Contrôle"]
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""
CLOSED = {
    "polyvalence": {
        t: frozenset({"aah@autonomy", "apa_domicile@autonomy"} | more)
        for t, more in {
            "briey": {"rmi@insertion", "chomeurs@insertion"},
            "grand_nancy": {"rmi@insertion", "impayes@housing"},
            "longwy": {"impayes@housing", "chomeurs@insertion"},
            "lunevillois": set[str](),
            "terres_de_lorraine": set[str](),
            "val_de_lorraine": set[str](),
        }.items()
    }
}


def sheet_of(variant: str = "as it is", closed: Any = None) -> Sheet:
    """Only what the workbook reads of a sheet."""
    result = quick(variant)
    settings = result.study.settings
    tables = {
        "scenario": [{"scenario": "=Scénario & essai"}],
        "scenario_mission": [{"mission_id": m} for m in result.missions],
    }
    study = {
        "title": settings.title,
        "notice": settings.notice,
        "simulated": True,
        "day": settings.day.isoformat(),
    }
    return Sheet("etude/base", "published", "", tables, study, basis(result, closed))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classeur") / "recalcul.xlsx"
    write_live_workbook(sheet_of(), path)
    return path


@cache
def values(path: Path) -> Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def test_sheets_are_french_protected_and_printed_alike(plain: Path):
    book = openpyxl.load_workbook(plain)
    assert book.sheetnames == SHEETS
    for page in book:
        assert page.protection.sheet
        assert page.page_setup.orientation == "landscape"
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert "SIMULÉES" in str(page["A1"].value)
        if page.title != SHEETS[0]:
            assert page.print_title_rows, page.title


def test_what_is_yellow_may_be_changed_and_nothing_else(plain: Path):
    free = [
        (page.title, cell.coordinate, cell.fill.start_color.rgb, cell.data_type)
        for page in openpyxl.load_workbook(plain)
        for row in page.iter_rows()
        for cell in row
        if not cell.protection.locked and cell.value is not None
    ]
    assert {(title, colour, kind) for title, _, colour, kind in free} == {
        ("Poids", "FFFFF2B3", "n"),
        ("Indicateurs", "FFFFF2B3", "n"),
    }
    of = basis(quick())
    assert sum(title == "Poids" for title, *_ in free) == sum(len(m["components"]) for m in of.values())
    distinct = {c["indicator"] for m in of.values() for c in m["components"]}
    assert sum(title == "Indicateurs" for title, *_ in free) == len(distinct) * 6, "each indicator once"


def test_every_formula_carries_what_the_engine_computed(plain: Path):
    share = values(plain)["Part équitable"]
    rows = {(r[0].value, r[1].value): r for r in share.iter_rows(min_row=5) if r[1].value}
    for of in basis(quick()).values():
        found = recount(of)
        for t, territory in enumerate(of["territories"]):
            row = rows[of["name"], territory["name"]]
            assert row[6].value == pytest.approx(float(found.fair_share[t]), abs=1e-12)
            assert row[4].value == found.whole_need[t]
            assert row[9].value == float(found.posts[t])
    verdicts = [r[2].value for r in values(plain)["Contrôle"].iter_rows() if r[1].value is not None]
    assert set(verdicts) - {"Verdict", ""} == {"juste"}
    ledger = values(plain)["Justification"]
    kinds = {str(row[3].value): set[str]() for row in ledger.iter_rows(min_row=5) if row[3].value}
    formulas = openpyxl.load_workbook(plain)["Justification"]
    for row in formulas.iter_rows(min_row=5):
        if row[3].value in kinds and row[4].value is not None:
            kinds[row[3].value].add("formula" if str(row[4].value).startswith("=") else "value")
    assert kinds["indicateur"] == {"formula"}
    assert kinds["arrondi (valeur)"] == kinds["règle (valeur)"] == kinds["arrivée (valeur)"] == {"value"}


def test_same_sheet_same_bytes(plain: Path, tmp_path: Path):
    write_live_workbook(sheet_of(), tmp_path / "encore.xlsx")
    assert (tmp_path / "encore.xlsx").read_bytes() == plain.read_bytes()


def test_what_is_closed_is_one_locked_sum(tmp_path: Path):
    path = tmp_path / "secret.xlsx"
    write_live_workbook(sheet_of(closed=CLOSED), path)
    units = values(path)["Indicateurs"]
    rows = {r[2].value: [c.value for c in r[4:10]] for r in units.iter_rows() if r[0].value == "Polyvalence de secteur"}
    assert rows["Allocataires de l’AAH"] == ["secret"] * 6
    assert rows["Allocataires du RMI"][:2] == ["secret", "secret"]
    assert all(isinstance(n, float) for n in rows["Couverts par le secret, ensemble : ETP".replace(" :", "\u00a0:")])


# --- LibreOffice


def recalculated(path: Path) -> Workbook:
    """What LibreOffice finds when it works every formula out again."""
    program = require_program("soffice")
    user = path.parent / "profil" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE, "utf-8")
    profile = f"-env:UserInstallation={(path.parent / 'profil').as_uri()}"
    out = path.parent / "calcule"
    command = [program, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(out / path.name, data_only=True)


def rewritten(path: Path, to: Path, edits: dict[tuple[str, str], float]) -> Path:
    """A copy in which the stored value of some cells is another: what is typed, or what is remembered of a formula."""
    pages = {name: f"xl/worksheets/sheet{n}.xml" for n, name in enumerate(SHEETS, start=1)}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as copy:
        for item in source.namelist():
            content = source.read(item).decode("utf-8")
            for (sheet, cell), value in edits.items():
                if pages[sheet] == item:
                    pattern = rf'(<c r="{cell}"[^>]*>(?:<f>[^<]*</f>)?<v>)[^<]*(</v>)'
                    content, n = re.subn(pattern, rf"\g<1>{value!r}\g<2>", content)
                    assert n == 1, cell
            copy.writestr(item, content)
    return to


def address(book: Workbook, sheet: str, label: str, column: str) -> str:
    return next(f"{column}{row[2].row}" for row in book[sheet].iter_rows() if row[2].value == label)


def fair_shares(book: Workbook, mission: str) -> list[float]:
    return [r[6].value for r in book["Part équitable"].iter_rows(min_row=5) if r[0].value == mission][:6]


@pytest.mark.system
def test_a_changed_weight_and_count_give_what_the_engine_gives(plain: Path, tmp_path: Path):
    book, of = values(plain), basis(quick())["polyvalence"]
    rmi = address(book, "Poids", "Allocataires du RMI", "F")
    people = address(book, "Indicateurs", "Habitants", "G")
    path = rewritten(plain, tmp_path / "change.xlsx", {("Poids", rmi): 251.125, ("Indicateurs", people): 99_000})
    found = recalculated(path)
    p = [c["id"] for c in of["components"]].index("habitants@travel")
    counted = of | {
        "units": [[99_000 if (t, q) == (2, p) else n for q, n in enumerate(r)] for t, r in enumerate(of["units"])]
    }
    engine = recount(counted, Changes(minutes={"rmi@insertion": 251.125}))
    assert fair_shares(found, of["name"]) == pytest.approx([float(f) for f in engine.fair_share], abs=1e-9, rel=0)
    rows = [
        r for r in found["Justification"].iter_rows(min_row=5) if (r[0].value, r[3].value) == (of["name"], "indicateur")
    ]
    expected = [float(row.posts) for ledger in engine.ledgers for row in ledger.rows if row.kind == "indicator"]
    assert [r[4].value for r in rows] == pytest.approx(expected, abs=1e-9, rel=0)
    other = basis(quick())["pmi"]
    others = other | {"units": [[99_000 if (t, c["indicator"]) == (2, "habitants") else n for c, n in zip(other["components"], r, strict=True)] for t, r in enumerate(other["units"])]}  # fmt: skip
    assert fair_shares(found, other["name"]) == pytest.approx(
        [float(f) for f in recount(others).fair_share], abs=1e-9, rel=0
    )
    texts = {str(cell.value) for page in found for row in page.iter_rows() for cell in row}
    assert any("ne découle plus de ces poids" in text for text in texts)
    assert any("Des cellules ont été modifiées" in text for text in texts)
    checks = [(r[0].value, r[2].value) for r in found["Contrôle"].iter_rows() if r[1].value is not None]
    assert not any(verdict == "FAUX" for _, verdict in checks), "these sums are nothing whatever is changed"
    assert any(verdict == "modifié" for _, verdict in checks)


@pytest.mark.system
def test_a_wrong_value_that_a_formula_remembers_comes_out_corrected_and_all_others_as_they_were(tmp_path: Path):
    """Also what shows that LibreOffice worked it out, and with components under secrecy."""
    path = tmp_path / "secret.xlsx"
    write_live_workbook(sheet_of("allowances and transfers", CLOSED), path)
    right = values(path)
    share = right["Part équitable"]
    row = next(r[6].row for r in share.iter_rows(min_row=5) if isinstance(r[6].value, float))
    wrong = rewritten(path, tmp_path / "faux.xlsx", {("Part équitable", f"G{row}"): 99.5})
    assert values(wrong)["Part équitable"][f"G{row}"].value == 99.5
    found, compared = recalculated(wrong), 0
    for page in right:
        for cell in (cell for cells in page.iter_rows() for cell in cells):
            now = found[page.title][cell.coordinate].value
            if isinstance(cell.value, int | float):
                assert now == pytest.approx(cell.value, abs=1e-9, rel=1e-12), (page.title, cell.coordinate)
                compared += 1
            else:
                assert (now or "") == (cell.value or ""), (page.title, cell.coordinate)
    assert compared > 2_000


@pytest.mark.system
def test_halves_are_rounded_as_the_engine_rounds_them(tmp_path: Path):
    path, book = tmp_path / "demis.xlsx", openpyxl.Workbook()
    numbers = [0.5, 1.5, 2.5, 1234567.5, 1234568.5, 3.4999999, 4.0, 0.0, 8.75, 1415926535.5]
    for n, number in enumerate(numbers, start=1):
        book.active[f"A{n}"], book.active[f"B{n}"] = number, nearest(f"A{n}")
    book.save(path)
    found = recalculated(path)["Sheet"]
    assert [found[f"B{n}"].value for n in range(1, len(numbers) + 1)] == [round(number) for number in numbers]
