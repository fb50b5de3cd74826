"""The five files as published read to the figures that plain counting of their cells gives, and to the open data's."""

import csv
import re
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.reference.shared import open_data
from workload.catalogue import issue_line
from workload.ingest.published.aggregate import complete, to_communes
from workload.ingest.published.card import SourceCard, read_card, shipped_cards
from workload.ingest.published.crosswalk import follow_changes
from workload.ingest.published.files import open_file
from workload.ingest.published.read import read_published
from workload.ingest.published.study import read_for_study, used_years


@cache
def read(name: str) -> tuple[SourceCard, pd.DataFrame]:
    card, issues = read_card(shipped_cards()[name])
    assert card is not None, issues
    path = open_data() / "raw" / card.file
    table, issues = read_published(open_file(path, card.file, card), card)
    assert [issue_line(i) for i in issues] == []
    return card, table


def figure(table: pd.DataFrame, indicator: str, year: int, place: str) -> tuple[float | None, str]:
    rows = table[(table["indicator"] == indicator) & (table["year"] == year) & (table["place"] == place)]
    assert len(rows) == 1
    count = rows["count_n"].iloc[0]
    return (None if pd.isna(count) else float(count)), str(rows["status"].iloc[0])


def csv_rows(name: str, delimiter: str) -> list[dict[str, str]]:
    with (open_data() / "raw" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@cache
def reference_counts() -> dict[tuple[str, str, int], tuple[float | None, int]]:
    path = open_data() / "meurthe_et_moselle" / "indicators.csv"
    with path.open(encoding="utf-8") as file:
        return {
            (r["insee"], r["indicator"], int(r["year"])): (
                float(r["value"]) if r["value"] else None,
                int(r["secret_flag"]),
            )
            for r in csv.DictReader(file)
        }


def communes_54() -> list[str]:
    return sorted({place for place, *_ in reference_counts()})


def test_every_shipped_card_names_a_file_that_we_have() -> None:
    raw = open_data() / "raw"
    cards = [read_card(path)[0] for path in shipped_cards().values()]
    assert {card.file for card in cards if card} == {path.name for path in raw.iterdir()}


@pytest.mark.parametrize(
    ("indicator", "year", "place", "expected"),
    [
        ("rmi", 2003, "54", (12584, "published")),  # the département's figures of the year of the workload study
        ("api", 2003, "54", (2408, "published")),
        ("aah_ancienne_serie", 2003, "54", (7709, "published")),
        ("aah_ancienne_serie", 2016, "54", (11219, "published")),  # 2016 twice: two series
        ("aah", 2016, "54", (11359, "published")),
        ("rmi", 2003, "2B", (3641, "published")),  # 20B in the file
        ("rsa", 2016, "2A", (2496, "published")),
        ("rsa", 2019, "971", (43637, "published")),  # a number in the file: 971.0
        ("ata", 1995, "973", (None, "secret")),  # ns
        ("ata", 2007, "54", (None, "missing")),  # nd
        ("rsa_socle_ancienne_serie", 2009, "971", (None, "missing")),  # -
        ("aah_ancienne_serie", 1995, "976", (None, "missing")),  # blank
    ],
)
def test_minima_sociaux(indicator: str, year: int, place: str, expected: tuple[float | None, str]) -> None:
    _, table = read("minima_sociaux_departements")
    assert figure(table, indicator, year, place) == expected


def test_minima_sociaux_every_column_of_every_sheet() -> None:
    """Sums and counts of marks of all 19 tables against a plain scan with another reader."""
    card, table = read("minima_sociaux_departements")
    book = openpyxl.load_workbook(open_data() / "raw" / card.file, data_only=True)
    columns_n = 0
    for (name, rows), columns in card.tables().items():
        sheet = next(ws for ws in book if ws.title.strip() == name)
        for id in columns:
            for year, mine in table[table["indicator"] == id].groupby("year"):
                titles = [
                    c
                    for c in range(1, sheet.max_column + 1)
                    if any(str(sheet.cell(r, c).value or "").strip().startswith(str(year)) for r in rows)
                ]
                column = titles[0] if len(titles) == 1 or id.endswith("ancienne_serie") else titles[1]
                cells = [
                    sheet.cell(r, column).value
                    for r in range(rows[-1] + 1, sheet.max_row + 1)
                    if re.fullmatch(r"\d\d|20[AB]|97\d", str(sheet.cell(r, 2).value or "").strip())
                ]
                numbers = [v for v in cells if isinstance(v, int | float)]
                assert mine["count_n"].sum() == pytest.approx(sum(numbers)), (id, year)
                assert (mine["status"] == "published").sum() == len(numbers)
                assert (mine["status"] == "secret").sum() == cells.count("ns")
                assert len(mine) == len(cells)
                columns_n += 1
    assert columns_n > 250


def test_caf_iris_summed_to_communes() -> None:
    card, table = read("caf_iris_2016")
    assert table.loc[table["indicator"] == "caf_allocataires", "count_n"].sum() == 630782
    communes = to_communes(table, card)
    naive: dict[str, list[float | None]] = defaultdict(list)
    for row in csv_rows("caf_iris_2016.csv", ";"):
        commune = "69123" if row["DEPCOM"].startswith("6938") else row["DEPCOM"]
        text = row["A"].replace("\u202f", "")
        naive[commune].append(float(text) if text else None)
    for commune, parts in naive.items():
        known = [p for p in parts if p is not None]
        status = "published" if len(known) == len(parts) else "lower_bound" if known else "secret"
        assert figure(communes, "caf_allocataires", 2016, commune) == (sum(known) if known else None, status)
    assert figure(communes, "caf_allocataires", 2016, "54395") == (36509, "lower_bound")
    assert figure(communes, "caf_allocataires", 2016, "54323") == (3103, "published")


def test_caf_agrees_with_the_open_data() -> None:
    card, table = read("caf_iris_2016")
    communes = to_communes(table, card)
    compared = 0
    for (place, indicator, year), (value, flag) in reference_counts().items():
        if indicator in card.columns and year == 2016:
            assert figure(communes, indicator, year, place) == (value, {0: "published", 2: "lower_bound"}[flag])
            compared += 1
    assert compared == 9 * 17


def test_rpls_totals_given_detail_secret() -> None:
    card, table = read("rpls_2024")
    here = table[table["place"].str.startswith("54")]
    total = here[here["indicator"] == "rpls_logements_sociaux"]
    assert (len(total), total["count_n"].sum(), set(total["status"])) == (192, 53765, {"published"})
    assert here.groupby(["indicator", "status"]).size()["rpls_loues"].to_dict() == {"published": 116, "secret": 76}
    communes = to_communes(table, card)
    assert figure(communes, "rpls_logements_sociaux", 2024, "75056") == (245752, "published")
    assert figure(communes, "rpls_logements_sociaux", 2024, "69123") == (54753, "published")
    assert figure(communes, "rpls_logements_sociaux", 2024, "13055") == (78103, "published")
    assert figure(communes, "rpls_logements_sociaux", 2024, "2A004") == (4952, "published")
    for (place, indicator, year), (value, flag) in reference_counts().items():
        if indicator in card.columns and year == 2024:
            assert figure(communes, indicator, year, place) == (value, ("published", "secret")[flag])


def test_filosofi_2021_marks_and_commas() -> None:
    card, table = read("filosofi_2021")
    here = table[table["place"].str.startswith("54") & (table["indicator"] == "filosofi_menages_fiscaux")]
    assert (here["count_n"].sum(), here["status"].value_counts().to_dict()) == (
        309641,
        {"published": 495, "secret": 96},
    )
    assert figure(table, "filosofi_part_impots_pct", 2021, "03001") == (-15.5, "published")
    for (place, indicator, year), (value, flag) in reference_counts().items():
        if indicator in card.columns and year == 2021 and indicator != "filosofi_taux_pauvrete60_pct":
            assert figure(table, indicator, year, place) == (value, ("published", "secret")[flag]), (place, indicator)


def test_filosofi_2014_absent_communes_are_secret_and_mergers_are_followed() -> None:
    card, table = read("filosofi_2014")
    here = table[table["place"].str.startswith("54")]
    assert here.loc[here["indicator"] == "filosofi_menages_fiscaux", "count_n"].sum() == 302210
    adds = {id: column.additive for id, column in card.columns.items()}
    followed, issues = follow_changes(here, card.places_day, date(2023, 1, 1), adds, card.file, within=communes_54())
    assert issues == []
    full = complete(followed, card, communes_54())
    assert full["place"].nunique() == 591
    assert full.loc[full["indicator"] == "filosofi_menages_fiscaux", "count_n"].sum() == 302210
    assert figure(full, "filosofi_menages_fiscaux", 2014, "54099") == (2501 + 250 + 784, "published")
    assert figure(full, "filosofi_menages_fiscaux", 2014, "54557") == (141 + 678, "published")
    assert figure(full, "filosofi_niveau_vie_median_eur", 2014, "54099") == (None, "missing")  # medians do not add up
    absent = full[(full["indicator"] == "filosofi_menages_fiscaux") & (full["status"] == "secret")]
    assert len(absent) == 591 - 505
    for (place, indicator, year), (value, flag) in reference_counts().items():
        if indicator in card.columns and year == 2014 and place not in ("54099", "54557"):
            assert figure(full, indicator, year, place) == (value, ("published", "secret")[flag])


@pytest.mark.parametrize("name", ["caf_iris_2016", "rpls_2024", "filosofi_2014", "filosofi_2021"])
def test_each_file_comes_down_to_the_study(name: str) -> None:
    card, _ = read(name)
    found, issues = read_for_study(open_data() / "raw" / card.file, card, communes_54(), "54", card.file)
    assert [i.code for i in issues] == []
    assert len(found.table) == 591 * len(card.columns)
    assert len(used_years(found.table, card)) == len(found.table)
    assert found.table["status"].isin(["secret", "missing"]).any()


def test_a_departement_file_gives_totals() -> None:
    card, _ = read("minima_sociaux_departements")
    of_2003 = card.model_copy(update={"year": 2003})
    path: Path = open_data() / "raw" / card.file
    found, issues = read_for_study(path, of_2003, communes_54(), "54", card.file)
    assert issues == []
    assert {id: found.totals[id] for id in ("rmi", "api", "aah_ancienne_serie")} == {
        "rmi": 12584,
        "api": 2408,
        "aah_ancienne_serie": 7709,
    }
