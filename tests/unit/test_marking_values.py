"""Files that are no Excel XML come back as a marked workbook of their values, each at its address."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl

from tests.unit.marking_fixture import coloured, notes, wrong
from workload.ingest.grid import Sheet, Workbook, read_workbook
from workload.ingest.marking import LIST_MARKER, LIST_SHEET, mark_values


def workbook(*sheets: tuple[str, list[list[object]]]) -> Workbook:
    return Workbook("releve.ods", tuple(Sheet("releve.ods", name, rows) for name, rows in sheets))  # type: ignore[arg-type]


def test_values_stay_at_their_addresses(tmp_path: Path) -> None:
    rows = [
        ["Activité", "", 7.5, True],
        [],
        [None, date(2003, 3, 10), datetime(2003, 3, 10, 8, 30), time(7, 30), timedelta(hours=30), 12],
    ]
    mark_values(workbook(("Relevé", rows)), tmp_path / "out.xlsx", [wrong("C1", sheet="Relevé")])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Relevé"]
    assert [c.value for c in sheet[1]][:4] == ["Activité", None, 7.5, True]
    assert [c.value for c in sheet[3]] == [
        None,
        datetime(2003, 3, 10),
        datetime(2003, 3, 10, 8, 30),
        time(7, 30),
        timedelta(hours=30),
        12,
    ]
    assert sheet["B3"].number_format == "dd/mm/yyyy"
    assert set(coloured(tmp_path / "out.xlsx", "Relevé")) == {"C1"} == set(notes(tmp_path / "out.xlsx", "Relevé"))


def test_text_never_becomes_a_formula(tmp_path: Path) -> None:
    typed = ["=1+1", "+33 3 83", "-dépôt", "@nom", '=HYPERLINK("http://x")', "#N/A", "a\x00b"]
    mark_values(workbook(("Relevé", [typed])), tmp_path / "out.xlsx", [wrong("A1", "=1+1", "Relevé")])
    cells = openpyxl.load_workbook(tmp_path / "out.xlsx")["Relevé"][1]
    assert [c.data_type for c in cells] == ["s"] * len(typed)
    assert [c.value for c in cells] == [*typed[:-1], "ab"]
    read = read_workbook(tmp_path / "out.xlsx", "out.xlsx").sheet("Relevé")
    assert read is not None
    assert list(read.rows[0]) == [*typed[:-1], "ab"]


def test_the_list_of_an_earlier_copy_is_left_out_and_names_are_made_to_fit(tmp_path: Path) -> None:
    long = "Relevé de la quinzaine : équipe de Longwy / Villerupt"
    book = workbook((LIST_SHEET, [[LIST_MARKER]]), (long, [["x"]]), (long + " bis", [["y"]]))
    mark_values(book, tmp_path / "out.xlsx", [wrong("A1", sheet=long + " bis")])
    names = openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames
    assert names[0] == LIST_SHEET
    assert len(names) == 3
    assert all(len(name) <= 31 for name in names)
    assert coloured(tmp_path / "out.xlsx", names[1]) == {}
    assert set(coloured(tmp_path / "out.xlsx", names[2])) == {"A1"}


def test_an_empty_file_still_gets_its_list(tmp_path: Path) -> None:
    mark_values(Workbook("vide.csv", ()), tmp_path / "out.xlsx", [wrong("")])
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames[0] == LIST_SHEET
