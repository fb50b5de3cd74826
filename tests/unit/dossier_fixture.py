"""Sheets of scenarios made up for the dossier's tests: any number of territories, indicators and missions, exact ledgers."""

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from workload.reporting.dossier.reading import READ
from workload.store.publishing.words import said
from workload.store.scenario_sheets import Sheet

STEP = Fraction(1, 2)
WAYS = ("population", "external", "expert", "data", "geometric", "present")


@dataclass(frozen=True)
class Made:
    territories: tuple[str, ...] = ("Plaine", "Vallée", "Montagne")
    missions: tuple[str, ...] = ("Polyvalence de secteur", "Protection de l’enfance")
    indicators: int = 4
    domains: int = 2
    rules: int = 1
    moves: bool = True
    mapped: bool = True
    planned: bool = True
    ceilings: bool = True
    secret: bool = False
    lines: tuple[str, ...] = ("expert", "data", "blended")
    simulated: bool = True
    status: str = "published"
    title: str = "Étude d’essai"
    drawn: int = 3
    ways: tuple[str, ...] = WAYS


def make_sheet(of: Made = Made()) -> Sheet:
    tables: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in READ
        if name != "indicator"  # a table of the study, which sheets of scenarios do not hold
    }
    tables["scenario"].append(_scenario(of))
    for m, mission in enumerate(of.missions):
        _mission(of, tables, f"m{m}", mission, m)
    study = {
        "title": of.title,
        "department": "99",
        "day": "2026-06-30",
        "main_mission": "m0",
        "places": [_place(k, name, of.mapped) for k, name in enumerate(of.territories)],
        "inputs": {"etude.yaml": "a" * 64, "enquete/releve-dupont.xlsx": "b" * 64, "indicateurs/caf.xlsx": "c" * 64},
        "parameters": {
            "annual_hours": {"value": 1607.0, "unit": "h/an", "since": "2005-01-01", "source": "Loi n° 2004-626"},
            "minimum_workers": {"value": 5.0, "unit": "agents", "since": "2002-01-01", "source": "Choix du projet"},
        },
        "settings": {"plan": {"occupied_allowed": False}, "caseloads": []},
        "versions": {"workload": "0.1.0"},
        "seed": 20260630,
        "draws": 12,
        "notice": "Chiffres fabriqués." if of.simulated else "",
        "simulated": of.simulated,
        "coverage": [],
    }
    return Sheet("etude/scenario", of.status, "d" * 64, tables, study, {})


def _scenario(of: Made) -> dict[str, Any]:
    return {
        "scenario": "Scénario d’essai",
        "description": "",
        "day": "2026-06-30",
        "simulated": of.simulated,
        "notice": "",
        "run_id": "d" * 64,
        "published_at": "2026-11-28T10:54:46+00:00" if of.status == "published" else None,
        "fairness": "least-squares",
        "step_posts": 0.5,
        "draws_n": 12,
        "seed": 20260630,
    }


def _place(k: int, name: str, mapped: bool) -> dict[str, Any]:
    x, y = 6 + 0.1 * (k % 7), 48 + 0.1 * (k // 7)
    ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]
    geometry = json.dumps({"type": "Polygon", "coordinates": [ring]}) if mapped else None
    return {"level": "territoire", "place": name, "place_id": f"t{k}", "territory_id": f"t{k}", "geometry": geometry}


def shares(of: Made, m: int) -> tuple[list[Fraction], list[list[Fraction]], list[Fraction], list[Fraction]]:
    """Posts of today, ledger lines by territory, fair shares and final posts; all of them with the same total."""
    n = len(of.territories)
    current = [Fraction(10 + (7 * t + m) % 5) for t in range(n)]
    counts = [[Fraction(13 + (5 * t * t + 11 * c + 3 * m) % 17) for c in range(of.indicators)] for t in range(n)]
    total, need = sum(current), sum(sum(row) for row in counts)
    by_indicator = [sum(row[c] for row in counts) for c in range(of.indicators)]
    lines = [
        [(total * counts[t][c] - current[t] * by_indicator[c]) / need for c in range(of.indicators)] for t in range(n)
    ]
    fair = [current[t] + sum(lines[t]) for t in range(n)]
    if not of.moves:
        return current, lines, fair, current
    final = [(share // STEP) * STEP for share in fair]
    most = sorted(range(n), key=lambda t: final[t] - fair[t])
    for t in most[: int((total - sum(final)) / STEP)]:
        final[t] += STEP
    return current, lines, fair, final


def _mission(of: Made, tables: dict[str, list[dict[str, Any]]], id: str, name: str, m: int) -> None:
    current, lines, fair, final = shares(of, m)
    own = {"mission_id": id, "mission": name}
    moved = sum(abs(a - b) for a, b in zip(current, final, strict=True)) / 2
    tables["scenario_mission"].append(
        own
        | {
            "total_posts_before": float(sum(current)),
            "total_posts_after": float(sum(final)),
            "posts_moved": float(moved),
            "post_kilometres": None,
            "proof": "OPTIMAL",
            "deciding_line": said("lines.blended"),
            "undeclared_share": None,
        }
    )
    for c in range(of.indicators):
        for line in of.lines:
            tables["weight"].append(own | _weight(of, c, line))
    for t, territory in enumerate(of.territories):
        here = own | {"territory_id": f"t{t}", "territory": territory, "territory_order": t}
        _territory(of, tables, here, current[t], lines[t], fair[t], final[t])


def _weight(of: Made, c: int, line: str) -> dict[str, Any]:
    return {
        "domain": f"d{c % of.domains}",
        "domain_label": f"Domaine {c % of.domains}",
        "indicator_id": f"i{c}",
        "indicator": f"Indicateur {c}",
        "nature": "externe",
        "line": said(f"lines.{line}"),
        "line_order": 1,
        "retained": line == of.lines[-1],
        "minutes_per_unit": 3.25 + c,
        "low": None if line == "expert" else 2.0,
        "high": None if line == "expert" else 4.0,
    }


def _territory(
    of: Made,
    tables: dict[str, list[dict[str, Any]]],
    here: dict[str, Any],
    current: Fraction,
    lines: list[Fraction],
    fair: Fraction,
    final: Fraction,
) -> None:
    change = float(final - current)
    tables["allocation"].append(
        here
        | {
            "posts_current": float(current),
            "need_fte": float(fair),
            "need_low": float(fair) - 0.4,
            "need_high": float(fair) + 0.3,
            "fair_share": float(fair),
            "posts_final": float(final),
            "change": change,
            "change_label": said("change.same") if not change else said("change.receives", n="x"),
            "pressure_before": float(fair / current) if current else None,
            "pressure_after": float(fair / final) if final else None,
            "kept_share": 0.75,
            "supported": said("supported.seldom_kept" if change else "supported.no_move"),
            "fair_share_low": float(fair) - 0.6,
            "fair_share_high": float(fair) + 0.6,
            "posts_low": float(final) - 0.5,
            "posts_high": float(final),
            "other_ways": said("agreement.parted", n=2) if change else said("agreement.no_move"),
        }
    )
    _ledger(of, tables, here, current, lines, fair, final)
    for k in range(of.drawn):
        row = {"posts": float(final) + 0.5 * k, "share": 1 / of.drawn, "final": not k}
        tables["stability"].append(here | row)
    for c in range(of.indicators):
        tables["counterfactual"].append(here | _counterfactual(c, float(final)))
    for way in of.ways:
        row = {"way": way, "way_label": f"Façon {way}", "differs_in": "D’autres poids", "posts": float(final)}
        tables["other_way"].append(here | row | {"difference": 0.5 if way == "external" else 0.0})
    if of.planned:
        for year, posts in ((2026, current), (2027, final)):
            tables["plan"].append(here | {"year": year, "posts": float(posts), "remaining": 0.0})
    if of.ceilings:
        files = {"active_files_n": None if of.secret else 90.0, "served_files_n": None if of.secret else 60.0}
        gap = None if of.secret else 30.0
        tables["caseload_gap"].append(here | files | {"unserved_files_n": gap, "missing_posts": 0.5})


def _ledger(
    of: Made,
    tables: dict[str, list[dict[str, Any]]],
    here: dict[str, Any],
    current: Fraction,
    lines: list[Fraction],
    fair: Fraction,
    final: Fraction,
) -> None:
    rows = [("start", said("start_row"), "start", current)]
    if of.secret:
        rows.append(("secret", said("secret_row"), "indicator", sum(lines[:2], Fraction(0))))
    for c, posts in enumerate(lines):
        if c >= 2 or not of.secret:
            rows.append((f"i{c}@d{c % of.domains}", f"Indicateur {c}", "indicator", posts))
            component = {"component": f"i{c}@d{c % of.domains}", "domain_label": f"Domaine {c % of.domains}"}
            tables["need_component"].append(here | component | {"indicator": f"Indicateur {c}", "need_fte": 1.0})
    rows.append(("rounding", "Arrondi au pas de 0,5 poste", "rounding", final - fair))
    rows += [(f"rule{k}", f"Règle : règle {k}", "rule", Fraction(0)) for k in range(of.rules)]
    rows.append(("end", said("end_row"), "end", final))
    for order, (cause, label, kind, posts) in enumerate(rows):
        row = {"row_order": order, "cause": cause, "label": label, "kind": said(f"kinds.{kind}")}
        tables["ledger"].append(here | row | {"posts": float(posts), "posts_exact": str(posts)})


def _counterfactual(c: int, final: float) -> dict[str, Any]:
    possible = c != 1
    return {
        "component": f"i{c}@d0",
        "label": f"Indicateur {c}",
        "target_posts": final + 0.5,
        "today": 1000.0,
        "needed": 1000.0 + 10 * (c + 1) if possible else None,
        "relative": 0.01 * (c + 1) if possible else None,
        "sentence": f"Indicateur {c} : il en faudrait {1000 + c} au lieu de 1000.",
    }
