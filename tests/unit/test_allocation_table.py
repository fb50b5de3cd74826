import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest

from workload.allocation.instance import Fairness
from workload.allocation.table import run_allocate
from workload.allocation.table_output import to_csv, to_json
from workload.allocation.table_reader import cell_address, parse_number, read_table
from workload.errors import ExitCode, InputError, NoSolutionError, RequestError, Severity

GOOD = "unit,need_fte,current,floor,ceiling\nLongwy,28.4,30,2,\nBriey,12.1,10.5,,14\nNancy,61,60.5,,\n"


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "besoins.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def issues_of(path, step=Fraction(1)):
    with pytest.raises(InputError) as caught:
        read_table(path, step)
    assert caught.value.exit_code == ExitCode.INPUT
    return [(issue.code, issue.cell, issue.value) for issue in caught.value.issues]


def test_the_table_is_read(table):
    read = read_table(table(GOOD))
    assert [row.unit for row in read.rows] == ["Longwy", "Briey", "Nancy"]
    assert read.rows[1].need_fte == Fraction("12.1")
    assert read.rows[1].current == Fraction("10.5")
    assert (read.rows[0].floor, read.rows[0].ceiling, read.rows[1].ceiling) == (2, None, 14)


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";").replace(".", ","),
        GOOD.replace(",", "\t").replace(".", ","),
        GOOD.replace("unit,need_fte,current", " Unit , NEED fte,CURRENT "),
        GOOD.replace("Briey", "\n\n  Briey"),
        GOOD.replace("\nBriey", "\n,,,,\nBriey"),
    ],
    ids=["bom", "crlf", "semicolon", "tab", "headings", "blank-lines", "empty-cells"],
)
def test_every_way_of_writing_it_reads_the_same(table, content):
    expected = read_table(table(GOOD))
    assert read_table(table(content)) == expected


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1\u202f234,5", Fraction("1234.5")),
        ("1\u00a0234", 1234),
        ("1 234 567", 1234567),
        (" 12.5 ", Fraction("12.5")),
        ("\u22122", -2),
        ("+3", 3),
        ("12 34", None),
        ("1.234,5", None),
        ("1e3", None),
        ("1e999999999", None),
        ("1/2", None),
        ("١٢", None),
        ("nan", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_numbers_as_people_type_them(typed, number):
    assert parse_number(typed, decimal_comma=True) == number


@pytest.mark.parametrize(
    ("content", "issues"),
    [
        ("", [("table_empty", "A1", "")]),
        ("unit,need_fte\n", [("table_empty", "A2", "")]),
        ("unit;besoin\nA;1\n", [("table_column_missing", "A1", "")]),
        ("name,load\nA,1\n", [("table_column_missing", "A1", ""), ("table_column_missing", "A1", "")]),
        ("unit,need_fte,need fte\nA,1,2\n", [("table_column_twice", "C1", "need fte")]),
        ("unit,need_fte,flor\nA,1,2\n", [("table_unknown_column", "C1", "flor")]),
        ("unit,need_fte\nA,1\nB,2\n a ,3\n", [("table_unit_twice", "A4", "a")]),
        ("unit,need_fte\n,1\n", [("table_unit_missing", "A2", "")]),
        ("unit,need_fte\nA,\n", [("table_value_missing", "B2", "")]),
        ("unit,need_fte\nA\n", [("table_value_missing", "B2", "")]),
        ("unit,need_fte\nA,-1\n", [("table_negative", "B2", "-1")]),
        (
            "unit,need_fte\nA,NaN\nB,inf\nC,dix\n",
            [("table_number", f"B{n}", v) for n, v in ((2, "NaN"), (3, "inf"), (4, "dix"))],
        ),
        ('unit,need_fte\nA,"12,5"\n', [("table_number", "B2", "12,5")]),
        ("unit,need_fte\nA,12,5\n", [("table_too_many_cells", "C2", "5")]),
        ("unit,need_fte\nA,0\nB,0\n", [("table_no_need", "B1", "")]),
        ("unit,need_fte,current\nA,1,2\nB,1,\n", [("table_value_missing", "C3", "")]),
        ("unit,need_fte,floor,ceiling\nA,1,3,2\n", [("table_floor_above_ceiling", "C2", "3")]),
        ("unit,need_fte,floor\nA,1,0.5\n", [("table_between_steps", "C2", "0.5")]),
        ("unit,need_fte,ceiling\nA,1,-3\n", [("table_negative", "C2", "-3")]),
        ('unit,need_fte\nA,1\n"B,2\nC,3\n', [("table_not_csv", "A3", "")]),
        ("unit,need_fte\nA,1\nÉ,2\n".encode("latin-1"), [("table_not_utf8", "A3", "")]),
        # Physical lines: a blank line and a name on two lines both count.
        ('unit,need_fte\n\n"A\nB",1\nC,x\n', [("table_number", "B5", "x")]),
        # Everything at once.
        (
            "floor;unit;need_fte\n1;;2\n0,5;A;-1\n;A;deux\n",
            [
                ("table_unit_missing", "B2", ""),
                ("table_negative", "C3", "-1"),
                ("table_between_steps", "A3", "0,5"),
                ("table_number", "C4", "deux"),
                ("table_unit_twice", "B4", "A"),
            ],
        ),
    ],
)
def test_each_wrong_cell_is_named(table, content, issues):
    found = [issue for issue in issues_of(table(content)) if issue[0] != "table_unused_column"]
    assert found == issues


def test_an_issue_can_suggest_what_was_meant(table):
    with pytest.raises(InputError) as caught:
        read_table(table('unit,need_fte,celing\nA,"12,5",1\n'))
    assert [issue.suggestion for issue in caught.value.issues] == ["ceiling"]
    with pytest.raises(InputError) as caught:
        read_table(table('unit,need_fte\nA,"12,5"\n'))
    assert caught.value.issues[0].suggestion == "12.5"
    assert caught.value.issues[0].file == "besoins.csv"


def test_a_file_that_is_not_there_is_an_issue():
    assert issues_of(Path("/nowhere/besoins.csv")) == [("table_unreadable", "", "")]
    assert issues_of(Path("/"))[0][0] == "table_unreadable"


def test_unused_columns_are_kept_as_warnings(table):
    result = run_allocate(table("unit,need_fte,remarque\nA,1,vue le 3\n"), "2", "1", "geometric", None)
    assert [(i.code, i.cell, i.severity) for i in result.warnings] == [("table_unused_column", "C1", Severity.WARNING)]


def test_addresses_go_beyond_z():
    assert [cell_address(1, column) for column in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A1", "Z1", "AA1", "AZ1", "BA1", "ZZ1", "AAA1")
    ]


def test_csv_for_another_program(table):
    result = run_allocate(table(GOOD), "101", "0.5", "least-squares", None)
    assert to_csv(result) == (
        "unit,need_fte,current,fair_share,posts,change,pressure\n"
        "Longwy,28.4,30,28.2601,28.5,-1.5,0.9965\n"
        "Briey,12.1,10.5,12.0404,12,1.5,1.0083\n"
        "Nancy,61,60.5,60.6995,60.5,0,1.0083\n"
    )


def test_csv_without_current_has_no_change(table):
    out = to_csv(run_allocate(table("unit,need_fte\n=A1,1\nB,0\n"), "3", "1", "geometric", None))
    assert out == "unit,need_fte,fair_share,posts,pressure\n=A1,1,3,3,0.3333\nB,0,0,0,\n"


def test_csv_feeds_itself(table):
    """What comes out goes in again: the columns it adds are not mistaken for misspelt ones."""
    out = to_csv(run_allocate(table(GOOD), "101", "0.5", "least-squares", None))
    again = to_csv(run_allocate(table(out), "101", "0.5", "least-squares", None))
    assert list(csv.DictReader(io.StringIO(again))) == list(csv.DictReader(io.StringIO(out)))


def test_json_says_everything(table):
    text = to_json(run_allocate(table(GOOD), "101", "0,5", "least-squares", "2"))
    document = json.loads(text)
    assert document["total"] == 101
    assert document["step"] == 0.5
    assert document["proof"]["status"] == "OPTIMAL"
    assert document["proof"]["bound"] == document["proof"]["objective"]
    assert document["moved_posts"] == 3
    assert document["rows"][0]["posts"] == 28.5
    assert document["rows"][0]["pressure_before"] == pytest.approx(28.4 / 30)
    assert list(document) == sorted(document)
    assert text == to_json(run_allocate(table(GOOD), "101", "0,5", "least-squares", "2"))


def test_minimum_and_floors_hold_together(table):
    path = table("unit,need_fte,floor,ceiling\nA,100,,\nB,1,4,\nC,1,,\n")
    assert [row.posts for row in run_allocate(path, "20", "1", "geometric", "3").rows] == [13, 4, 3]


def test_minimum_against_a_ceiling_has_no_solution(table):
    path = table("unit,need_fte,ceiling\nA,100,\nB,1,2\n")
    with pytest.raises(NoSolutionError) as caught:
        run_allocate(path, "20", "1", "geometric", "3")
    assert caught.value.code == "allocation_minimum_presence_against_ceiling"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("cent", "1", "geometric", None), "allocation_option_number"),
        (("-1", "1", "geometric", None), "allocation_option_negative"),
        (("100.5", "1", "geometric", None), "allocation_total_step"),
        (("100", "0.3", "geometric", None), "allocation_step"),
        (("100", "0", "geometric", None), "allocation_step"),
        (("100", "1", "webster", None), "allocation_unknown_fairness"),
        (("100", "1", "geometric", "0.5"), "allocation_minimum_step"),
        (("100", "1", "geometric", "-1"), "allocation_option_negative"),
    ],
)
def test_options_that_make_no_sense(table, options, code):
    with pytest.raises(RequestError) as caught:
        run_allocate(table(GOOD), *options)
    assert caught.value.code == code


@pytest.mark.parametrize("fairness", Fairness)
def test_every_fairness_by_name(table, fairness):
    assert sum(row.posts for row in run_allocate(table(GOOD), "101", "0.1", fairness.value, None).rows) == 101
