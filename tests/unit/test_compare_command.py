"""`workload compare`: what is printed, and missions that only one run has."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from tests.unit.test_allocation_compare import BASE, run
from tests.unit.test_study_folder import run_cli
from workload.allocation.compare import compare
from workload.commands.console import aligned
from workload.commands.study import _say_comparison
from workload.errors import ExitCode
from workload.pipeline.compare_runs import MissionComparison, compare_runs

NAMES = {"u0": "Longwy", "u1": "Val de Lorraine", "u2": "Briey"}


def test_the_table_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    weights = {"rsa": 3, "age": 1}
    units = compare(run(BASE, weights, 12), run({**BASE, "rsa": (90, 20, 10)}, weights, 13))
    _say_comparison(MissionComparison("p", "Polyvalence", NAMES, units, None))
    title, head, *rows, blank = capsys.readouterr().out.splitlines()
    assert (title, blank) == ("Polyvalence", "")
    assert head.split()[0] == "avant"
    assert [row[:15].strip() for row in rows] == list(NAMES.values())
    for row, unit in zip(rows, units, strict=True):
        before, *moved, after = (Fraction(n.replace(",", ".").replace("\u2212", "-")) for n in row[15:].split())
        assert (before, after) == (unit.before, unit.after)
        assert abs(before + sum(moved) - after) <= Fraction(1, 200) * len(moved)


def test_a_mission_of_one_run_only_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    of = SimpleNamespace(name="PMI")
    found = compare_runs(
        SimpleNamespace(territory_names=NAMES, missions={"pmi": of}),  # type: ignore[arg-type]
        SimpleNamespace(territory_names=NAMES, missions={"ase": of}),  # type: ignore[arg-type]
    )
    assert [(m.id, m.only_in) for m in found] == [("ase", "second"), ("pmi", "first")]
    _say_comparison(found[1])
    assert "Seulement dans la première étude." in capsys.readouterr().out


def test_columns_are_aligned() -> None:
    assert aligned([["", "avant"], ["Briey", "2"]]) == "       avant\nBriey      2"


def test_no_draws_are_no_comparison(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli("compare", str(tmp_path), str(tmp_path), "--draws", "0") == ExitCode.INPUT
    assert "--draws 0" in capsys.readouterr().err
