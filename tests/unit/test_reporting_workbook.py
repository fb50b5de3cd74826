"""rapport.xlsx: cached values are what the formulas give, text is text, the same bytes every time."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from workload.pipeline import RunResult
from workload.reporting.moves import moves_of
from workload.reporting.workbook import write_workbook

GENERATED = "1er mars 2026 à 14 h 05"


@pytest.fixture(scope="module")
def written(sample_result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "rapport.xlsx"
    write_workbook(sample_result, path, GENERATED)
    return path


@pytest.fixture(scope="module")
def values(written: Path) -> Workbook:
    return load_workbook(written, data_only=True)


def test_sheets_and_mention_everywhere(values: Workbook) -> None:
    names = ["Lisez-moi", "Synthèse", "Justification", "Poids", "Couverture", "Emploi du temps", "Paramètres"]
    assert values.sheetnames[: len(names)] == names
    for sheet in values:
        assert str(sheet["A1"].value).startswith("DONNÉES SIMULÉES")
        assert "DONNÉES SIMULÉES" in str(sheet.oddHeader.right.text)
        assert "DONNÉES SIMULÉES" in str(sheet.oddFooter.left.text)
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage  # one page wide; the first sheet also one page high
        assert sheet.page_setup.fitToHeight == (None if sheet.title == "Lisez-moi" else 0)


def test_summary_is_the_result(values: Workbook, sample_result: RunResult) -> None:
    rows = {(row[0], row[1]): row for row in values["Synthèse"].iter_rows(values_only=True)}
    for mission in sample_result.missions.values():
        moves = moves_of(sample_result, mission)
        for move in moves:
            row = rows[mission.name, move.name]
            given = [move.current, move.need_fte, move.need_low, move.need_high, move.fair_share, move.final]
            assert row[2:8] == pytest.approx(given)
            assert row[8] == move.change == row[7] - row[2]
            assert row[9] == pytest.approx(row[3] / row[2])
            assert row[10] == pytest.approx(row[3] / row[7])
        total = rows[mission.name, "Total"]
        assert total[2] == total[7] == sum(move.current for move in moves)
        assert total[8] == 0


def test_changes_totals_and_pressures_are_formulas(written: Path, sample_result: RunResult) -> None:
    territories = set(sample_result.territory_names.values())
    rows = list(load_workbook(written)["Synthèse"].iter_rows(values_only=True))
    lines = [row for row in rows if row[1] in territories]
    assert all(str(row[column]).startswith("=") for row in lines for column in (8, 9, 10))
    totals = [row for row in rows if row[1] == "Total"]
    assert all(str(row[column]).startswith("=SUM(") for row in totals for column in (2, 3, 6, 7, 8))
    assert len(lines) == 18
    assert len(totals) == 3


def test_rows_add_to_the_change(values: Workbook, sample_result: RunResult) -> None:
    rows = list(values["Justification"].iter_rows(values_only=True))
    mission = sample_result.main
    for ledger in mission.justification.ledgers:
        name = sample_result.territory_names[ledger.unit]
        mine = [row for row in rows if row[:2] == (mission.name, name) and isinstance(row[6], str)]
        assert sum((Fraction(row[6]) for row in mine), Fraction(0)) == ledger.change
        check = next(row for row in rows if row[:2] == (mission.name, name) and isinstance(row[2], int | float))
        assert check[4] == float(ledger.change)
        assert check[5] == pytest.approx(sum(row[5] for row in mine))
        assert check[6] == 0


def test_text_is_never_a_formula(sample_result: RunResult, tmp_path: Path) -> None:
    for n, name in enumerate(["=1+1", "+33", "-2", "@SUM(A1)", "<b>x", "http://a.b"]):
        path = tmp_path / f"{n}.xlsx"
        names = dict(sample_result.territory_names) | {"longwy": name}
        write_workbook(replace(sample_result, territory_names=names), path, GENERATED)
        cells = [c for row in load_workbook(path)["Synthèse"].iter_rows() for c in row if c.value == name]
        assert cells
        assert all(c.data_type == "s" and c.hyperlink is None for c in cells)


def test_same_result_same_bytes(sample_result: RunResult, written: Path, tmp_path: Path) -> None:
    write_workbook(sample_result, tmp_path / "again.xlsx", GENERATED)
    assert (tmp_path / "again.xlsx").read_bytes() == written.read_bytes()


def test_only_publishable_time_use(values: Workbook) -> None:
    rows = list(values["Emploi du temps"].iter_rows(values_only=True))
    answers = [row[9] for row in rows if isinstance(row[5], float)]
    assert min(answers) >= 5
    assert any("n. p." in row for row in rows)


def test_no_survey_file_name_leaves(values: Workbook) -> None:
    for sheet in values:
        assert not any("releve-" in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
