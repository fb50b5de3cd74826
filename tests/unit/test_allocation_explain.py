"""Rules that cannot all hold, as people read it."""

from fractions import Fraction

import pytest

from workload.allocation.explain import UNITS_LISTED_AT_MOST, RulesConflictError, solve_or_explain
from workload.allocation.instance import Instance
from workload.allocation.pools import Cell
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import solve
from workload.allocation.unit_rules import LockedPosts, Pinned
from workload.catalogue import error_text
from workload.errors import ExitCode, NoSolutionError

NAMES = {"longwy": "Longwy", "briey": "Briey", "val_de_lorraine": "Val de Lorraine"}


def instance(*rules, current=(20, 4, 12)):
    held = None if current is None else tuple(map(Fraction, current))
    return Instance(tuple(NAMES), (30, 3, 39), held, 36, Fraction(1, 2), rules=rules)


def refusal(*rules, names=NAMES, about="", current=(20, 4, 12), **options):
    with pytest.raises(RulesConflictError) as caught:
        solve_or_explain(instance(*rules, current=current), names, about, **options)
    assert caught.value.exit_code == ExitCode.NO_SOLUTION
    return caught.value


def test_rules_that_hold_give_the_optimum():
    asked = instance(MinimumPresence({"briey": 3}))
    assert solve_or_explain(asked).steps == solve(asked).steps


def test_the_whole_message_in_french():
    error = refusal(MinimumPresence({"briey": 4}), Ceiling({"briey": 3}), LargestChange(9), about="PMI")
    assert error_text(error).splitlines() == [
        "Briey : la présence minimale demande 2 (postes), le plafond n'en permet que 1,5. Écart : 0,5.",
        "Mission « PMI ».",
        "Pour que tout tienne, il faudrait céder au moins 0,5 poste(s) en tout :",
        *[line for line in error_text(error).splitlines() if "→" in line][:1],
        "Si une seule règle cédait :",
        "  Présence minimale : 0,5 poste(s)",
        "  Plafond : 0,5 poste(s)",
        "  aucune autre n'y suffirait",
        "Répartition que donnerait ce moindre assouplissement :",
        *[line for line in error_text(error).splitlines() if "→" in line][1:],
    ]
    given, *posts = [line for line in error_text(error).splitlines() if "→" in line]
    assert given in (
        "  Présence minimale, Briey : au moins 2 → 1,5 poste(s)",
        "  Plafond, Briey : au plus 1,5 → 2 poste(s)",
    )
    after = {line.split(" : ")[0].strip(): line.split("→ ")[1] for line in posts}
    assert set(after) == set(NAMES.values())
    assert sum(float(n.replace(",", ".")) for n in after.values()) == 18
    assert after["Briey"] in given


def test_both_rules_of_a_contradiction_are_named():
    error = refusal(LockedPosts({"longwy": 18}), Pinned(finals={"longwy": 16}))
    assert error_text(error).startswith(
        "Longwy : la règle « postes non mutables » demande au moins 9 poste(s), "
        "la règle « décision déjà prise » n'en permet que 8. Écart : 1."
    )
    english = error_text(error, "en").splitlines()[0]
    assert "posts that cannot move" in english
    assert "decision already taken" in english


def test_names_replace_ids_inside_lists_too():
    error = refusal(MinimumPresence({"val_de_lorraine": 20, "longwy": 18}))
    assert "Val de Lorraine 10" in error.params["units"]
    assert "val_de_lorraine" not in error_text(error)


def test_without_a_present_state_posts_stand_alone():
    lines = error_text(refusal(MinimumPresence({"briey": 37}), current=None, names=None)).splitlines()
    assert lines[-3:] == ["  longwy : 0", "  briey : 18", "  val_de_lorraine : 0"]


def test_an_answer_that_came_too_late_is_no_contradiction(monkeypatch):
    monkeypatch.setattr(
        "workload.allocation.explain.solve",
        lambda *a, **k: (_ for _ in ()).throw(NoSolutionError("allocation_no_answer_in_time")),
    )
    with pytest.raises(NoSolutionError) as caught:
        solve_or_explain(instance())
    assert not isinstance(caught.value, RulesConflictError)


def test_of_many_cells_only_those_that_move_are_listed():
    n = UNITS_LISTED_AT_MOST + 20
    units = tuple(f"c{i:02d}" for i in range(n))
    rules = (MinimumPresence({"c00": 3}), Ceiling({"c00": 2, "c01": 3}))
    asked = Instance(
        units, (2,) * n, (Fraction(2),) * n, 2 * n, Fraction(1, 2), rules=rules, cells=tuple(map(Cell, units))
    )
    with pytest.raises(RulesConflictError) as caught:
        solve_or_explain(asked)
    lines = error_text(caught.value).split("assouplissement :")[1].splitlines()
    assert len(lines) < 5
