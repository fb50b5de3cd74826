"""`workload allocate` on cells: coordinates, pools, a file of rules, and the choices side by side."""

import csv
import io
import json
import time
from fractions import Fraction

import pytest
import yaml

from tests.unit.test_study_folder import run_cli
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Instance
from workload.allocation.pools import Cell, Where
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import solve
from workload.allocation.table import run_allocate
from workload.allocation.table_output import to_csv, to_json
from workload.allocation.table_reader import read_table
from workload.allocation.table_rules import read_rules
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.errors import ExitCode, InputError, RequestError

HALF = Fraction(1, 2)
FRENCH = """territoire;mission;profession;site;besoin_etp;actuel
Longwy;ssd;ASS;centre;10,2;11
Longwy;ssd;SMS;centre;4;3
Nancy;ssd;ASS;nord;20;18
Nancy;ssd;SMS;nord;2;4
Nancy;pmi;ASS;sud;4;3
"""
UNITS = [
    "Longwy / ssd / ASS / centre",
    "Longwy / ssd / SMS / centre",
    "Nancy / ssd / ASS / nord",
    "Nancy / ssd / SMS / nord",
    "Nancy / pmi / ASS / sud",
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "besoins.csv"
    path.write_text(FRENCH, "utf-8")
    return path


def asked(table, rules):
    """The rules of a file, in half-posts."""
    path = table.with_name("regles.yaml")
    path.write_text(yaml.safe_dump(rules, allow_unicode=True), "utf-8")
    return read_rules(path, read_table(table, HALF), HALF)


def steps_of(result):
    return tuple(int(row.posts / HALF) for row in result.rows)


def test_french_headings_give_cells(table):
    rows = read_table(table).rows
    assert [row.unit for row in rows] == UNITS
    assert rows[4].cell == Cell("Nancy", "pmi", "ASS", "sud")
    assert rows[0].need_fte == Fraction("10.2")
    english = table.with_name("english.csv")
    english.write_text(
        FRENCH.replace("territoire", "territory").replace("besoin_etp", "need_fte").replace("actuel", "current"),
        "utf-8",
    )
    assert read_table(english).rows == rows


def test_the_same_cell_twice_is_named(table):
    table.write_text(FRENCH + "nancy;pmi;ASS;sud;1;1\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(table)
    assert [(i.code, i.cell, i.params["first"]) for i in caught.value.issues] == [("table_unit_twice", "A7", "A6")]


def test_a_territory_that_is_missing_is_named(table):
    table.write_text(FRENCH.replace("Nancy;pmi", ";pmi"), "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(table)
    assert [(i.code, i.cell) for i in caught.value.issues] == [("table_unit_missing", "A6")]


def test_without_a_total_today_s_posts_are_shared_out(table):
    result = run_allocate(table, None, "0.5", "least-squares", None)
    assert sum(row.posts for row in result.rows) == 39
    table.write_text(FRENCH.replace(";actuel", ";remarque"), "utf-8")
    with pytest.raises(RequestError) as caught:
        run_allocate(table, None, "0.5", "least-squares", None)
    assert caught.value.code == "table_needs_current"


@pytest.mark.parametrize(
    ("pools", "totals"),
    [
        ("mission", {"ssd": 36, "pmi": 3}),
        ("profession", {"ASS": 32, "SMS": 7}),
        ("Mission | profession", {"ssd · ASS": 29, "ssd · SMS": 7, "pmi · ASS": 3}),
    ],
)
def test_each_pool_keeps_its_posts(table, pools, totals):
    result = run_allocate(table, None, "0.5", "least-squares", None, pools=pools)
    document = json.loads(to_json(result))
    assert document["pools"] == totals
    for pool in result.instance.pools:
        held = sum(row.posts for row in result.rows if row.unit in pool.units)
        assert held == totals[pool.name]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"pools": "metier"}, "table_pools_unknown"),
        ({"pools": "mission", "total": "40"}, "allocation_pools_total"),
        ({"time_limit": "vite"}, "allocation_option_number"),
    ],
)
def test_options_that_make_no_sense(table, options, code):
    with pytest.raises(RequestError) as caught:
        run_allocate(table, options.pop("total", None), "0.5", "least-squares", None, **options)
    assert caught.value.code == code


def test_pools_need_their_column(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("unit,need_fte,current\nA,1,1\n", "utf-8")
    with pytest.raises(RequestError) as caught:
        run_allocate(path, None, "1", "geometric", None, pools="mission")
    assert caught.value.code == "table_pools_column"


ASS = [UNITS[0], UNITS[2], UNITS[4]]
EVERY_RULE = [
    ({"presence_minimale": 0.5}, MinimumPresence(dict.fromkeys(UNITS, 1))),
    ({"presence_minimale": [{"postes": 1}, {"mission": "pmi", "postes": 2}]}, MinimumPresence({**dict.fromkeys(UNITS, 2), UNITS[4]: 4})),
    ({"plafond": [{"unite": "longwy / ssd / ass / CENTRE", "postes": 9}]}, Ceiling({UNITS[0]: 18})),
    ({"plafond": [{"postes": 30}, {"territoire": "Longwy", "postes": 9}]}, Ceiling({**dict.fromkeys(UNITS, 60), UNITS[0]: 18, UNITS[1]: 18})),
    ({"deplacement_maximal": [{"profession": "ASS", "postes": 1}]}, LargestChange(dict.fromkeys(ASS, 2))),
    ({"changement_maximal_pourcent": 20}, LargestChangePercent(dict.fromkeys(UNITS, 20))),
    ({"postes_verrouilles": [{"territoire": "nancy", "profession": "sms", "postes": 3.5}]}, LockedPosts({UNITS[3]: 7})),
    ({"decisions": [{"mission": "pmi", "changement": -0.5}, {"unite": UNITS[1], "postes": 3}]}, Pinned({UNITS[1]: 6}, {UNITS[4]: Fraction(-1)})),
    ({"plafond_dossiers": {"dossiers_par_poste": 40, "dossiers": {UNITS[3]: 130}}}, LargestCaseload({UNITS[3]: 130}, Fraction(40))),
    ({"totaux": [{"territoire": "longwy", "maximum": 13.5}]}, GroupTotal(Where(territory="Longwy"), 0, 27)),
    ({"totaux": [{"mission": "pmi", "profession": "ASS", "minimum": 5}]}, GroupTotal(Where(mission="pmi", profession="ASS"), 10)),
    ({"minimum_par_site": {"Sud": 5}}, SiteMinimum({"sud": 10})),
    ({"au_moins_un": [{"profession": "SMS", "postes": 3.5}]}, AtLeastOneOf("SMS", 7)),
    ({"rapports": [{"profession": "SMS", "pour": "ASS", "au_moins": 1, "par": 4}]}, Ratio("SMS", "ASS", 1, 4)),
    ({"rapports": [{"profession": "SMS", "pour": "ASS", "au_moins": 1, "par": 4, "ensemble": "oui"}]}, Ratio("SMS", "ASS", 1, 4, True)),
    ({"substitutions": [{"de": "SMS", "vers": "ASS", "postes": 0.5}]}, SubstitutionLimits({("SMS", "ASS"): 1})),
]  # fmt: skip


@pytest.mark.parametrize(("written", "rule"), EVERY_RULE)
def test_every_rule_of_the_engine_can_be_written(table, written, rule):
    assert asked(table, written) == (rule,)
    read = read_table(table, HALF)
    current = tuple(row.current / HALF for row in read.rows if row.current is not None)
    need = tuple(int(row.need_fte * 10) for row in read.rows)
    by_hand = Instance(tuple(UNITS), need, current, 78, HALF, rules=(rule,), cells=tuple(row.cell for row in read.rows))
    result = run_allocate(table, None, "0.5", "least-squares", None, rules=table.with_name("regles.yaml"))
    assert steps_of(result) == solve(by_hand).steps


def test_rules_hold_together_and_change_the_answer(table):
    every = [written for written, _ in (EVERY_RULE[0], EVERY_RULE[4], EVERY_RULE[9], EVERY_RULE[12])]
    rules = asked(table, {key: value for one in every for key, value in one.items()})
    assert len(rules) == 4
    free = run_allocate(table, None, "0.5", "least-squares", None)
    bound = run_allocate(table, None, "0.5", "least-squares", None, rules=table.with_name("regles.yaml"))
    assert steps_of(free) != steps_of(bound)
    held = {row.unit: row for row in bound.rows}
    assert all(abs(held[unit].change) <= 1 for unit in ASS)
    assert held[UNITS[0]].posts + held[UNITS[1]].posts <= Fraction("13.5")
    assert held[UNITS[1]].posts >= Fraction("3.5") <= held[UNITS[3]].posts


@pytest.mark.parametrize(
    ("rules", "issues"),
    [
        ({"plafont": 1}, [("study_key_unknown", "plafont", "")]),
        ({"minimum_par_site": {"sub": 1}}, [("table_rule_unknown_name", "minimum_par_site", "sud")]),
        ({"totaux": [{"territoire": "Nanci", "minimum": 1}]}, [("table_rule_unknown_name", "totaux.0", "Nancy")]),
        ({"decisions": [{"unite": UNITS[0]}]}, [("study_decision_one_of", "decisions.0", "")]),
        ({"plafond": 1.3}, [("table_between_steps", "plafond", "")]),
        ({"totaux": [{"mission": "pmi", "minimum": 2, "maximum": 1}]}, [("table_rule_empty", "totaux.0", "")]),
        ({"plafond": [{"territoire": "Longwy", "mission": "pmi", "postes": 1}]}, [("table_rule_reaches_nothing", "plafond", "")]),
        (
            {"au_moins_un": [{"profession": "ASSS", "postes": 1}], "presence_minimale": 0.2},
            [("table_between_steps", "presence_minimale", ""), ("table_rule_unknown_name", "au_moins_un", "ASS")],
        ),
    ],
)  # fmt: skip
def test_what_a_rules_file_gets_wrong_is_named_by_its_key(table, rules, issues):
    with pytest.raises(InputError) as caught:
        asked(table, rules)
    assert [(i.code, i.cell, i.suggestion) for i in caught.value.issues] == issues


def test_a_rule_about_a_column_that_is_not_there(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("territory,need_fte\nA,1\nB,2\n", "utf-8")
    with pytest.raises(InputError) as caught:
        asked(path, {"minimum_par_site": {"x": 1}})
    assert [(i.code, i.params) for i in caught.value.issues] == [("table_rule_needs_column", {"column": "site"})]


def test_a_rules_file_that_is_not_there(table):
    with pytest.raises(InputError) as caught:
        run_allocate(table, None, "0.5", "geometric", None, rules=table.with_name("nulle-part.yaml"))
    assert [i.code for i in caught.value.issues] == ["table_unreadable"]


def test_the_output_feeds_the_command_again(table):
    out = to_csv(run_allocate(table, None, "0.5", "geometric", None, pools="profession"))
    again = table.with_name("again.csv")
    again.write_text(out, "utf-8")
    result = to_csv(run_allocate(again, None, "0.5", "geometric", None, pools="profession"))
    assert list(csv.DictReader(io.StringIO(result))) == list(csv.DictReader(io.StringIO(out)))


def test_rules_that_cannot_hold_end_with_the_least_relaxation(table, capsys):
    rules = table.with_name("r.yaml")
    rules.write_text(yaml.safe_dump({"minimum_par_site": {"sud": 20, "nord": 20}}), "utf-8")
    assert run_cli("allocate", str(table), "--rules", str(rules)) == ExitCode.NO_SOLUTION
    said = capsys.readouterr()
    assert said.out == ""
    assert "au moins 1 poste(s) en tout" in said.err  # 40 posts of 39
    assert "Minimum par site" in said.err
    assert "Répartition que donnerait" in said.err


def test_choices_side_by_side(table, capsys):
    assert run_cli("allocate", str(table), "--total", "20.5", "--all-fairness", "--all-steps") == 0
    lines = capsys.readouterr().out.splitlines()
    heads = lines[0].split()
    assert heads == ["least-squares", "least-maximum", "least-absolute", "geometric"]
    columns = list(zip(*(line[len(UNITS[0]) :].split() for line in lines[1:6]), strict=True))
    assert [sum(float(n.replace(",", ".")) for n in column) for column in columns] == [20.5] * 4
    assert sum(line.startswith(tuple(heads)) for line in lines) == 4
    assert any("20,5 ne se partage pas par pas de 1" in line for line in lines)
    assert "pas de 0,1" in "\n".join(lines)


def test_choices_as_json(table, capsys):
    assert run_cli("allocate", str(table), "--total", "20.5", "--all-steps", "--json") == 0
    found = json.loads(capsys.readouterr().out)["step"]
    assert set(found) == {"1", "0.5", "0.1"}
    assert "refused" in found["1"]
    assert sum(found["0.1"].values()) == pytest.approx(20.5)


def test_ties_are_said(tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text("unit,need_fte\nA,1\nB,1\nC,1\n", "utf-8")
    assert run_cli("allocate", str(path), "--total", "4", "--step", "1") == 0
    assert "À égalité" in capsys.readouterr().err
    assert run_cli("allocate", str(path), "--total", "3", "--step", "1") == 0
    assert "À égalité" not in capsys.readouterr().err


def test_an_answer_without_proof_says_so(tmp_path, capsys):
    from benchmarks.allocation import department

    instance = department(2, 6, 2, 4, dimensions=())
    path, rules = tmp_path / "t.csv", tmp_path / "r.yaml"
    lines = ["territory,mission,profession,need_fte,current"]
    for cell, need, held in zip(instance.cells, instance.need, instance.current, strict=True):
        lines.append(f"{cell.territory},{cell.mission},{cell.profession},{need / 96_000:.4f},{float(held / 2)}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    ratios = [{"profession": "p1", "pour": "p0", "au_moins": 1, "par": 3}]
    rules.write_text(yaml.safe_dump({"rapports": ratios, "deplacement_maximal": 4}), "utf-8")
    assert run_cli("allocate", str(path), "--rules", str(rules), "--time-limit", "0") == 0
    assert "Temps écoulé avant la preuve" in capsys.readouterr().err


def test_a_total_beyond_reason_is_refused_at_once(table, capsys):
    start = time.perf_counter()
    assert run_cli("allocate", str(table), "--total", "1000000000000") == ExitCode.INPUT
    assert time.perf_counter() - start < 5
    assert "trop grand" in capsys.readouterr().err
