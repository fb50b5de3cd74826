"""Templates of the register of posts, of territories and of indicators; and what posts.py reads of departures."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from openpyxl.workbook import Workbook

from tests.unit.templates_fixture import communes, settings
from workload.catalogue import issue_message
from workload.errors import Issue, Severity
from workload.ingest.grid import read_workbook
from workload.ingest.indicators import read_card, read_indicator_file
from workload.ingest.posts import read_posts
from workload.ingest.templates import write_indicators_template, write_posts_template, write_templates
from workload.ingest.templates.counts import Wanted

POST = ("P1", "Nord", "Site A", "S1", "Polyvalence de secteur", "ASS", 1, "oui", "A1", 0.8)


def fill(path: Path, sheet: str, rows: list[tuple[object, ...]], first: int = 5) -> None:
    book = openpyxl.load_workbook(path)
    for number, row in enumerate(rows, start=first):
        for column, value in enumerate(row, start=1):
            book[sheet].cell(number, column).value = value
    book.save(path)


def register(tmp_path: Path, *rows: tuple[object, ...]) -> tuple[pd.DataFrame, list[Issue]]:
    path = write_posts_template(tmp_path / "postes.xlsx", settings(), communes())
    fill(path, "Postes", list(rows))
    total = sum(float(str(row[6])) for row in rows)
    fill(
        path,
        "Totaux",
        [
            ("Nord", "Polyvalence de secteur", total),
            ("Nord", "Protection de l’enfance", 0),
            ("Sud", "Polyvalence de secteur", 0),
            ("Sud", "Protection de l’enfance", 0),
        ],
    )
    return read_posts(read_workbook(path, "postes.xlsx"), communes(), settings())


def test_locked_and_departures_are_read(tmp_path: Path) -> None:
    table, issues = register(
        tmp_path,
        (*POST, "oui", 2027, "Retraite"),
        ("P2", *POST[1:8], "A2", 1, "non", "2026", "mutation"),
        ("P3", *POST[1:7], "vacant", None, None, None, None, None),
    )
    assert issues == []
    assert table["locked"].tolist() == [True, False, False]
    assert table["locked"].dtype == bool
    assert str(table["departure_year"].dtype) == "Int64"
    assert table["departure_year"].tolist() == [2027, 2026, pd.NA]
    assert [r if isinstance(r, str) else None for r in table["departure_reason"]] == ["retraite", "mobilité", None]
    assert table["occupied"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("extra", "code", "cell", "suggestion"),
    [
        (("peut-être", None, None), "yes_no_expected", "K5", ""),
        (("oui", 1998, "retraite"), "departure_year_wrong", "L5", ""),
        (("oui", 2027.5, "retraite"), "departure_year_wrong", "L5", ""),
        (("oui", "bientôt", None), "number_expected", "L5", ""),
        (("oui", 2027, "retraitte"), "departure_reason_wrong", "M5", "retraite"),
        (("oui", 2027, "mobilte"), "departure_reason_wrong", "M5", "mobilité"),
        (("oui", None, "retraite"), "departure_without_year", "M5", ""),
    ],
)
def test_a_wrong_departure_names_its_cell(
    tmp_path: Path, extra: tuple[object, ...], code: str, cell: str, suggestion: str
) -> None:
    _, issues = register(tmp_path, (*POST, *extra))
    assert [(i.code, i.sheet, i.cell, i.suggestion) for i in issues] == [(code, "Postes", cell, suggestion)]
    assert (issues[0].severity is Severity.WARNING) == (code == "departure_without_year")
    assert issue_message(issues[0]) != issue_message(issues[0], "en")


def test_a_register_without_the_new_columns_still_reads(sample_folder: Path) -> None:
    from workload.ingest.study import read_study

    posts = read_study(sample_folder).posts
    assert not posts["locked"].any()
    assert posts["departure_year"].isna().all()


def formulas(book: Workbook) -> list[str]:
    return [c.coordinate for ws in book.worksheets for row in ws.iter_rows() for c in row if c.data_type == "f"]


@pytest.mark.parametrize(
    ("kind", "sheet", "layout"),
    [
        ("posts", "Postes", "posts"),
        ("territories", "Communes", "territories"),
        ("indicators", "Indicateurs", "indicators"),
    ],
)
@pytest.mark.parametrize("with_study", [False, True])
def test_registers_are_protected_checked_and_signed(
    tmp_path: Path, sample_folder: Path, kind: str, sheet: str, layout: str, with_study: bool
) -> None:
    path = write_templates(kind, "", sample_folder if with_study else None, tmp_path / "out")[0]
    book = openpyxl.load_workbook(path)
    assert book.worksheets[0].title == "Mode d’emploi"
    assert book["_workload"].sheet_state == "hidden"
    assert book["_workload"]["B1"].value == layout
    ws = book[sheet]
    assert ws.protection.sheet
    assert ws["A4"].protection.locked
    assert ws.column_dimensions["C"].protection.locked is False or ws["C5"].protection.locked is False
    assert ws.data_validations.dataValidation
    assert ws.freeze_panes
    assert formulas(book) == []


def test_the_register_offers_the_words_of_the_study(tmp_path: Path) -> None:
    path = write_posts_template(tmp_path / "p.xlsx", settings(), communes("=Nord", "@Site"))
    book = openpyxl.load_workbook(path)
    lists = {c.value for row in book["Listes"].iter_rows() for c in row if c.value}
    assert lists >= {
        "=Nord",
        "Sud",
        "@Site",
        "Polyvalence de secteur",
        "Éducateur",
        "oui",
        "vacant",
        "retraite",
        "mobilité",
    }
    assert book["Listes"].sheet_state == "hidden"
    assert formulas(book) == []


def test_indicators_read_at_once_when_filled_in(tmp_path: Path) -> None:
    wanted = [
        Wanted("rsa", "Allocataires du RSA", "personnes", "externe"),
        Wanted("confies", "=Enfants confiés: 2025 #1"),
    ]
    path, card_path = write_indicators_template(tmp_path / "comptages.xlsx", settings(), communes(), wanted)
    assert openpyxl.load_workbook(path)["Indicateurs"]["D4"].data_type == "s"
    fill(path, "Indicateurs", [("54001", "Une", 12, 0), ("54002", "Deux", 3.5, None), ("Total", None, 15.5, None)])
    card, issues = read_card(card_path)
    assert issues == []
    assert card is not None
    assert {id: c.nature for id, c in card.columns.items()} == {"rsa": "externe", "confies": "interne"}
    table, issues = read_indicator_file(read_workbook(path, path.name), card, {"54001", "54002"})
    assert issues == []
    assert table.loc["54001"].tolist() == [12, 0]
    assert table.loc["54002", "rsa"] == 3.5
    assert pd.isna(table.loc["54002", "confies"])


def test_indicators_of_a_study_take_the_words_of_its_cards(tmp_path: Path, sample_folder: Path) -> None:
    _, card_path = write_templates("indicators", "", sample_folder, tmp_path / "out")
    columns = yaml.safe_load(card_path.read_text("utf-8"))["colonnes"]
    assert columns["rmi"] == {
        "titre": "Allocataires du RMI",
        "libelle": "Allocataires du RMI",
        "unite": "allocataires",
        "nature": "externe",
    }
    assert "habitants" not in columns  # made by the software itself
