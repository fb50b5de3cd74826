"""Values as people type them."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workload.ingest.grid import address, column_letter
from workload.ingest.values import (
    normalise,
    parse_commune,
    parse_date,
    parse_duration_min,
    parse_number,
    shown,
    slug,
)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("7:30", 450),
        ("7h30", 450),
        ("7 h 30", 450),
        ("7H30", 450),
        ("7h", 420),
        ("0h05", 5),
        ("7,5", 450),
        ("7.5", 450),
        ("450 min", 450),
        ("450mn", 450),
        ("1\u00a0h\u202f15", 75),
        ("'7:30", 450),
        ("7 h 30 min", 450),
        ("7:30:00", 450),
        (0.3125, 450),
        (7.5, 450),
        (2, 120),
        (0, 0),
        (time(7, 30), 450),
        (timedelta(hours=30, minutes=15), 1815),
        (datetime(1900, 1, 1, 6, 0), 1800),
    ],
)
def test_durations(typed: object, minutes: int) -> None:
    assert parse_duration_min(typed) == minutes


@pytest.mark.parametrize(
    "typed", ["37,5h?", "sept heures", "7:75", "-1:00", -0.5, "", True, date(2003, 3, 10), "#REF!"]
)
def test_what_is_no_duration(typed: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_duration_min(typed)


@given(st.integers(0, 99 * 60 + 59))
def test_durations_round_trip(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)
    for text in (f"{hours}:{rest:02d}", f"{hours}h{rest:02d}", f"{hours} h {rest:02d}", f"{minutes} min"):
        assert parse_duration_min(text) == minutes
    assert parse_duration_min(timedelta(minutes=minutes)) == minutes
    if minutes < 24 * 60:
        assert parse_duration_min(minutes / (24 * 60)) == minutes


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1\u202f096,4", 1096.4),
        ("1 096.4", 1096.4),
        ("12 %", 0.12),
        ("\u22122", -2.0),
        (3, 3.0),
        (".5", 0.5),
        ("'12", 12.0),
    ],
)
def test_numbers(typed: object, number: float) -> None:
    assert parse_number(typed) == pytest.approx(number)


@pytest.mark.parametrize("typed", ["douze", "1,2,3", "nd", "-", None, True, float("nan"), float("inf"), "1e5", "0x10"])
def test_what_is_no_number(typed: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_number(typed)


def test_commune_codes_keep_their_zero_and_corsica() -> None:
    assert [parse_commune(v) for v in ("01004", 1004.0, "2a004", " 54323 ", 54323)] == [
        "01004",
        "01004",
        "2A004",
        "54323",
        "54323",
    ]
    for wrong in ("54A23", "543233", "2C004", "543", None, "Longwy"):
        with pytest.raises(ValueError, match=r"."):
            parse_commune(wrong)


def test_dates() -> None:
    same = ("10/03/2003", "2003-03-10", "10.03.2003", datetime(2003, 3, 10, 8), date(2003, 3, 10), "10/03/03")
    assert {parse_date(v) for v in same} == {date(2003, 3, 10)}
    with pytest.raises(ValueError, match=r"."):
        parse_date("31/02/2003")


def test_names_compare_without_case_accents_and_odd_spaces() -> None:
    assert normalise("  Quotité\u00a0de l’Agent : ") == normalise("quotite de l'agent")
    assert slug("Val de  Lorraine") == "val_de_lorraine"
    assert slug("Lunévillois") == "lunevillois"


def test_addresses() -> None:
    assert [address(12, 6), column_letter(26), column_letter(27), column_letter(703)] == ["F12", "Z", "AA", "AAA"]


def test_shown_is_readable_and_short() -> None:
    assert shown(timedelta(hours=7, minutes=5)) == "7:05"
    assert shown(date(2003, 3, 10)) == "10/03/2003"
    assert len(shown("x" * 500)) == 60
