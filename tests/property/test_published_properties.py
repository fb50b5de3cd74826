"""Published files: what is written in any number format is read back; sums equal a naive count; secret never turns 0."""

import tempfile
from collections import defaultdict
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.published_fixture import figures, make_card, read_text
from workload.ingest.published.aggregate import sum_places, to_communes
from workload.ingest.published.status import as_table

SPACES = {"espace": (" ", "\u00a0", "\u202f", "\u2009"), ".": (".",), ",": (",",), "'": ("'",), "aucun": ("",)}
FORMATS = [(d, t, mark) for t, marks in SPACES.items() for mark in marks for d in (",", ".") if d != t]


def written(number: int, decimals: int, decimal: str, thousands: str) -> str:
    text = f"{abs(number) / 10**decimals:,.{decimals}f}"
    text = text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)
    return ("-" if number < 0 else "") + text


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.none() | st.integers(-(10**10), 10**10), min_size=1, max_size=12),
    st.sampled_from(FORMATS),
    st.integers(0, 3),
    st.sampled_from([";", "\t", ","]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_table_written_in_any_format_reads_back(
    numbers: list[int | None], how: tuple[str, str, str], decimals: int, delimiter: str, encoding: str
) -> None:
    decimal, thousands, mark = how
    lines = [
        f'54{k:03d}{delimiter}"{"s" if n is None else written(n, decimals, decimal, mark)}"'
        for k, n in enumerate(numbers)
    ]
    card = make_card(
        {"n": {"titre": "Nombre", "negatif": True}},
        format={"decimal": decimal, "milliers": thousands},
        marques={"s": "secret"},
    )
    with tempfile.TemporaryDirectory() as folder:
        table, issues = read_text(Path(folder), "\n".join([f"Code{delimiter}Nombre", *lines]), card, encoding)
    assert issues == []
    expected = [
        (None, "secret") if n is None else (float(f"{n / 10**decimals:.{decimals}f}"), "published") for n in numbers
    ]
    assert [figures(table)[f"54{k:03d}"] for k in range(len(numbers))] == expected


CELLS = st.integers(0, 10**6) | st.sampled_from(["secret", "missing"])


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.tuples(st.integers(1, 6), st.integers(101, 110)), CELLS, min_size=1, max_size=25))
def test_iris_sums_equal_a_naive_count(cells: dict[tuple[int, int], int | str]) -> None:
    rows = [
        (
            f"5400{commune}0{iris}",
            "iris",
            2020,
            "n",
            float("nan") if isinstance(v, str) else float(v),
            v if isinstance(v, str) else "published",
        )
        for (commune, iris), v in cells.items()
    ]
    found = figures(to_communes(as_table(rows), make_card(niveau="iris")))
    parts = defaultdict(list)
    for (commune, _), value in cells.items():
        parts[f"5400{commune}"].append(value)
    for commune, values in parts.items():
        known = [v for v in values if not isinstance(v, str)]
        if not known:
            assert found[commune] == (None, "secret" if set(values) == {"secret"} else "missing")
        else:
            assert found[commune] == (sum(known), "published" if len(known) == len(values) else "lower_bound")


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from("abcdefgh"), CELLS, min_size=1),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("XYZ"), min_size=8),
)
def test_no_sum_turns_what_is_not_known_into_zero(cells: dict[str, int | str], groups: dict[str, str]) -> None:
    rows = [
        (
            place,
            "commune",
            2020,
            "n",
            float("nan") if isinstance(v, str) else float(v),
            v if isinstance(v, str) else "published",
        )
        for place, v in cells.items()
    ]
    summed = sum_places(as_table(rows), groups, "territoire", {"n": True})
    for row in summed.to_dict("records"):
        values = [v for place, v in cells.items() if groups[place] == row["place"]]
        assert pd.isna(row["count_n"]) == all(isinstance(v, str) for v in values)
        assert (row["status"] == "published") == all(not isinstance(v, str) for v in values)
    assert summed["count_n"].sum() == sum(v for v in cells.values() if not isinstance(v, str))
