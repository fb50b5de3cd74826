"""Published files through their cards: marks, blanks, formats, places; each doubt an issue at its cell."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlwt
from pydantic import ValidationError

from tests.unit.published_fixture import FILE, addresses, figures, make_card, read_text
from workload.catalogue import issue_line
from workload.errors import InputError
from workload.ingest.published.card import NumberFormat, read_card, shipped_cards
from workload.ingest.published.files import decode, open_file, sniff
from workload.ingest.published.numbers import AmbiguousNumberError, published_number
from workload.ingest.published.places import PARSERS, arrondissements, commune_of_iris
from workload.ingest.published.read import read_published
from workload.ingest.values import CellValue


@pytest.mark.parametrize("name", sorted(shipped_cards()))
def test_shipped_cards_are_valid(name: str) -> None:
    card, issues = read_card(shipped_cards()[name])
    assert [issue_line(i) for i in issues] == []
    assert card is not None
    assert card.level
    assert card.licence


COMMA = NumberFormat(decimal=",")
NUMBERS: list[tuple[CellValue, NumberFormat, str, float]] = [
    ("12,5", NumberFormat(), "", 12.5),
    ("12.5", NumberFormat(), "", 12.5),
    ("1 150", NumberFormat(), "", 1150),
    ("1\u202f150", NumberFormat(), "", 1150),
    ("1\u00a0234\u00a0567,8", COMMA, "", 1234567.8),
    ("1.234.567,8", NumberFormat(decimal=",", milliers="."), "", 1234567.8),
    ("1,234,567.8", NumberFormat(decimal=".", milliers=","), "", 1234567.8),
    ("1'234.5", NumberFormat(decimal=".", milliers="'"), "", 1234.5),
    ("1’234", NumberFormat(decimal=".", milliers="'"), "", 1234),
    ("-15,5", COMMA, "", -15.5),
    ("\u221215,5", COMMA, "", -15.5),
    ("- 3", COMMA, "", -3),
    (",5", COMMA, "", 0.5),
    ("1,234", COMMA, "", 1.234),
    ("0.123", NumberFormat(), "", 0.123),
    ("12 %", COMMA, "habitants", 0.12),
    ("12 %", COMMA, "%", 12),
    ("12 345 (1)", NumberFormat(appels_de_note=True), "", 12345),
    ("1 234*", NumberFormat(appels_de_note=True), "", 1234),
    ("1 234 (a) **", NumberFormat(appels_de_note=True), "", 1234),
    ("57²", NumberFormat(appels_de_note=True), "", 57),
    ("'42", COMMA, "", 42),
    (971.0, COMMA, "", 971),
    (0, COMMA, "", 0),
]


@pytest.mark.parametrize(("value", "numbers", "unit", "expected"), NUMBERS)
def test_numbers(value: CellValue, numbers: NumberFormat, unit: str, expected: float) -> None:
    assert published_number(value, numbers, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "s",
        "n.d.",
        "12 34",
        "1 23",
        "12 345 (1)",
        "1 234*",
        "57²",
        "1,2,3",
        "--",
        "#REF!",
        True,
        ",",
        "1e5",
        "12 à 15",
    ],
)
def test_no_number_is_never_a_zero(value: CellValue) -> None:
    with pytest.raises(ValueError, match="not"):
        published_number(value, NumberFormat())


@pytest.mark.parametrize("value", ["1,234", "1.234", "-12.500"])
def test_a_number_with_two_readings_is_refused(value: str) -> None:
    with pytest.raises(AmbiguousNumberError):
        published_number(value, NumberFormat())


PLACES = [
    ("commune", 1004.0, "01004"), ("commune", "1004", "01004"), ("commune", "2a004", "2A004"), ("commune", "54 323", "54323"),
    ("iris", 30950101.0, "030950101"), ("iris", "2A0040101", "2A0040101"), ("iris", "751010101", "751010101"),
    ("departement", 1.0, "01"), ("departement", "20A", "2A"), ("departement", "20B", "2B"), ("departement", "2b", "2B"),
    ("departement", 971.0, "971"), ("canton", 318, "0318"), ("canton", "2A01", "2A01"), ("epci", 245400676.0, "245400676"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "value", "expected"), PLACES)
def test_places(level: str, value: CellValue, expected: str) -> None:
    assert PARSERS[level](value) == expected  # type: ignore[index]


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("departement", "20"),
        ("departement", "99"),
        ("departement", "France"),
        ("iris", "54395"),
        ("commune", "Nancy"),
        ("commune", None),
        ("epci", "CC X"),
    ],
)
def test_no_place(level: str, value: CellValue) -> None:
    with pytest.raises(ValueError, match="not"):
        PARSERS[level](value)  # type: ignore[index]


def test_paris_lyon_marseille() -> None:
    assert {arrondissements(f"751{n:02d}") for n in range(1, 21)} == {"75056"}
    assert {arrondissements(f"6938{n}") for n in range(1, 10)} == {"69123"}
    assert {arrondissements(f"132{n:02d}") for n in range(1, 17)} == {"13055"}
    for code in ("75121", "69380", "13217", "13055", "54395", "2A004"):
        assert arrondissements(code) == code
    assert commune_of_iris("751010101") == "75056"
    assert commune_of_iris("751010101", keep_arrondissements=True) == "75101"
    assert commune_of_iris("2A0040101") == "2A004"


def test_secret_missing_zero_and_published_are_kept_apart(tmp_path: Path) -> None:
    card = make_card(marques={"s": "secret", "nd": "manquant", "-": "zero"}, vide="manquant", format={"decimal": ","})
    table, issues = read_text(
        tmp_path, "Code;Nombre\n54001;s\n54002;nd\n54003;-\n54004;\n54005;0\n54006;1 234,5\n", card
    )
    assert issues == []
    assert figures(table) == {
        "54001": (None, "secret"),
        "54002": (None, "missing"),
        "54003": (0.0, "published"),
        "54004": (None, "missing"),
        "54005": (0.0, "published"),
        "54006": (1234.5, "published"),
    }
    blank_secret, _ = read_text(tmp_path, "Code;Nombre\n54001;\n", make_card(vide="secret"))
    assert figures(blank_secret) == {"54001": (None, "secret")}


def test_every_doubt_is_an_issue_at_its_cell(tmp_path: Path) -> None:
    text = 'Code;Nom;Nombre\n54001;A;n.d.\n54002;"B\nsuite";douze\n5400X;C;3\n54001;D;4\n54005;E;-1\n;Ensemble;12\n54006;F;1,234\nSource : essai;;\n'
    table, issues = read_text(tmp_path, text, make_card(colonne_libelle="Nom"))
    assert addresses(issues) == [
        ("published_number", "C2"),
        ("published_number", "C3"),
        ("published_place", "A5"),
        ("published_place_twice", "A6"),
        ("negative_number", "C7"),
        ("published_row_without_code", "A8"),
        ("published_number_ambiguous", "C9"),
    ]
    assert table.empty
    assert all(issue_line(issue, language) for issue in issues for language in ("fr", "en"))


def test_a_renamed_column_is_suggested(tmp_path: Path) -> None:
    _, issues = read_text(tmp_path, "Code;Nombres\n54001;1\n", make_card())
    assert [(i.code, i.cell, i.suggestion) for i in issues] == [("missing_heading", "1:1", "Nombres")]


def test_totals_are_checked(tmp_path: Path) -> None:
    card = make_card(ligne_total="Total", marques={"s": "secret"})
    assert read_text(tmp_path, "Code;Nombre\n54001;1\n54002;2\nTotal;3\n", card)[1] == []
    assert addresses(read_text(tmp_path, "Code;Nombre\n54001;1\n54002;2\nTotal;4\n", card)[1]) == [
        ("total_mismatch", "B4")
    ]
    assert read_text(tmp_path, "Code;Nombre\n54001;1\n54002;s\nTotal;4\n", card)[1] == []
    assert addresses(read_text(tmp_path, "Code;Nombre\n54001;5\n54002;s\nTotal;4\n", card)[1]) == [
        ("total_mismatch", "B4")
    ]
    rounded = make_card(ligne_total="Total", tolerance_total=0.05)
    assert read_text(tmp_path, "Code;Nombre\n54001;98\nTotal;100\n", rounded)[1] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = f'Code{delimiter}"Élèves, reçus"\n54001{delimiter}"12"\n54002{delimiter}7\n'
    table, issues = read_text(tmp_path, text, make_card({"n": {"titre": "Élèves, reçus"}}), encoding)
    assert issues == []
    assert figures(table) == {"54001": (12, "published"), "54002": (7, "published")}


def test_decimal_commas_do_not_pass_for_separators() -> None:
    assert sniff("Code;a;b\n1;2,5;3,5\n2;;4,5\n") == ";"
    assert decode("é".encode("cp1252")) == "é"
    assert decode("\ufeffé".encode()) == "é"


@pytest.mark.parametrize("content", [b'Code;Nombre\n54001;"1\n', b"Code;Nombre\n54001;\x81\n"])
def test_a_csv_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_file(tmp_path / FILE, FILE)
    assert [i.code for i in caught.value.issues] == ["published_unreadable_csv"]


def test_groups_of_headings_years_sheets_and_factors(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("Autre")
    for row in (
        ["Titre"],
        [],
        [None, "Code", "RSA", None, "AAH", None],
        [None, None, 2019, "2020 (1)", 2019, 2020],
        [None, "01", 1, 2, 3, 4],
        [None, 971, 5, 6, 7, "ns"],
        [None, "France", 6, 8, 10, 12],
        [],
        [None, "Note : lisez bien"],
        [None, "Suite"],
        [None, "02", 1, 1, 1, 1],
    ):
        first.append(row)
    for row in (["Code", "Montant (k€)"], ["1", 2.5]):
        second.append(row)
    book.save(tmp_path / "p.xlsx")
    columns = {
        "rsa": {"annees": [2019, 2019], "titres_par_annee": {2020: ["RSA", "2020 (1)"], 2019: ["RSA", "2019"]}},
        "aah": {"titre": ["AAH", "2020"], "annee": 2020},
        "aide": {"titre": "Montant (k€)", "unite": "€", "facteur": 1000, "feuille": "Autre", "ligne_titres": 1},
    }
    card = make_card(
        columns,
        fichier="p.xlsx",
        feuille="Sheet",
        ligne_titres=[3, 4],
        niveau="departement",
        marques={"ns": "secret"},
        lignes_ignorees=["France"],
        fin="Suite",
    )
    table, issues = read_published(open_file(tmp_path / "p.xlsx", "p.xlsx"), card)
    assert issues == []
    found = {
        (r["indicator"], r["year"], r["place"]): r["count_n"]
        for r in table.to_dict("records")
        if r["status"] == "published"
    }
    assert found == {
        ("rsa", 2019, "01"): 1,
        ("rsa", 2020, "01"): 2,
        ("aah", 2020, "01"): 4,
        ("rsa", 2019, "971"): 5,
        ("rsa", 2020, "971"): 6,
        ("aide", 2020, "01"): 2500,
    }
    twice = make_card(
        {"aah": {"titre": "2019"}}, fichier="p.xlsx", feuille="Sheet", ligne_titres=[3, 4], niveau="departement"
    )
    _, issues = read_published(open_file(tmp_path / "p.xlsx", "p.xlsx"), twice)
    assert addresses(issues) == [("published_heading_twice", "4:4")]
    assert issues[0].params["cells"] == "C4, E4"


def test_the_card_is_checked_whole(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "fichier: a.csv\nniveau: commune\ncolonne_cle: c\nannee: 2020\nsource: s\ncouleur: rouge\ncolonnes: {n: {libelle: l, unite: u, nature: externe}}\n",
        "utf-8",
    )
    _, issues = read_card(path)
    assert {(i.code, i.cell) for i in issues} >= {
        ("study_key_missing", "licence"),
        ("study_key_unknown", "couleur"),
        ("study_value_refused", "colonnes.n"),
    }
    with pytest.raises(ValidationError):
        NumberFormat(milliers=".")


@pytest.mark.parametrize("suffix", [".xlsx", ".ods", ".xls"])
def test_workbooks_of_every_kind(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"p{suffix}"
    rows: list[list[str | float]] = [["Code", "Nombre"], [1004, "1\u202f150"], ["2A004", 3], ["54001", "s"]]
    if suffix == ".xls":
        old = xlwt.Workbook()
        sheet = old.add_sheet("Feuille")
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
        old.save(str(path))
    else:
        pd.DataFrame(rows).to_excel(str(path), header=False, index=False, sheet_name="Feuille")
    card = make_card(fichier=path.name, feuille="Feuille", marques={"s": "secret"})
    table, issues = read_published(open_file(path, path.name, card), card)
    assert issues == []
    assert figures(table) == {"01004": (1150, "published"), "2A004": (3, "published"), "54001": (None, "secret")}
