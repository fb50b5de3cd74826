"""What a scenario comes to: the list, one scenario, one territory, and scenarios side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from workload.errors import RequestError
from workload.web.access import Account, Action, needs
from workload.web.drawings import changes_map, ledger_drawing
from workload.web.reading import Scenario, by_key, scenario_of, scenarios_for
from workload.web.rendering import page
from workload.web.words import language_of, say

router = APIRouter()
Reader = Annotated[Account, needs(Action.SEE_RESULTS)]
Mission = Annotated[str | None, Query(max_length=100)]
MOST_COMPARED = 4


@router.get("/resultats")
def results(request: Request, account: Reader) -> HTMLResponse:
    found = scenarios_for(request, account)
    return page(request, "resultats.html", studies=by_key([{"study": s.study, "of": s} for s in found], "study"))


@router.get("/resultats/{study}/{code}")
def scenario(request: Request, account: Reader, study: str, code: str, mission: Mission = None) -> HTMLResponse:
    shown = scenario_of(request, account, study, code)
    id, name = shown.mission(mission)
    rows = shown.allocation(id)
    legend = {
        "gives": say(request, "rend des postes"),
        "same": say(request, "inchangé"),
        "receives": say(request, "reçoit des postes"),
    }
    return page(
        request,
        "scenario.html",
        scenario=shown,
        mission=id,
        mission_name=name,
        rows=rows,
        whole=next(row for row in shown.sheet.tables["scenario_mission"] if row["mission_id"] == id),
        gaps=shown.sheet.rows("caseload_gap", id),
        plan=_plan(shown, id),
        drawing=changes_map(shown.sheet, rows, legend, "carte") if len(rows) > 1 else None,
        diagnostics=shown.sheet.study.get("diagnostics", {}).get(id, []),
    )


@router.get("/resultats/{study}/{code}/territoires/{territory}")
def territory(
    request: Request, account: Reader, study: str, code: str, territory: str, mission: Mission = None
) -> HTMLResponse:
    shown = scenario_of(request, account, study, code)
    id, name = shown.mission(mission)
    row = shown.one("allocation", id, territory)
    ledger = shown.ledger(id, territory)
    ways = sorted(shown.sheet.rows("other_way", id, territory), key=lambda way: (way["differs_in"], way["way_label"]))
    return page(
        request,
        "territoire.html",
        scenario=shown,
        mission=id,
        mission_name=name,
        row=row,
        ledger=ledger,
        drawing=ledger_drawing(ledger, row["fair_share"], "justification", language_of(request)),
        stability=sorted(shown.sheet.rows("stability", id, territory), key=lambda one: one["posts"]),
        changes=_nearest(shown, id, territory),
        ways=by_key(ways, "differs_in"),
        gap=next(iter(shown.sheet.rows("caseload_gap", id, territory)), None),
        plan=sorted(shown.sheet.rows("plan", id, territory), key=lambda year: year["year"]),
        professions=shown.sheet.rows("allocation_profession", id, territory),
    )


@router.get("/resultats/{study}/{code}/poids")
def weights(request: Request, account: Reader, study: str, code: str, mission: Mission = None) -> HTMLResponse:
    """What each indicator weighs: three lines side by side."""
    shown = scenario_of(request, account, study, code)
    id, name = shown.mission(mission)
    lines = by_key(shown.sheet.rows("weight", id), "domain_label", "indicator_id", "indicator", "nature")
    return page(
        request,
        "poids.html",
        scenario=shown,
        mission=id,
        mission_name=name,
        weights=sorted(lines.items(), key=lambda pair: pair[0]),
        heads=sorted({(row["line_order"], row["line"]) for row in shown.sheet.rows("weight", id)}),
        diagnostics=shown.sheet.study.get("diagnostics", {}).get(id, []),
        parameters=shown.sheet.study["parameters"],
        inputs=shown.sheet.study["inputs"],
    )


@router.get("/comparer")
def compare(
    request: Request,
    account: Reader,
    s: Annotated[list[str] | None, Query(max_length=300)] = None,
    mission: Mission = None,
) -> HTMLResponse:
    """Up to four scenarios of one study, territory by territory."""
    asked = list(dict.fromkeys(s or []))
    if len(asked) > MOST_COMPARED:
        raise RequestError("compare_too_many", most=MOST_COMPARED)
    shown = [scenario_of(request, account, *_parts(key)) for key in asked]
    if len({one.study for one in shown}) > 1:
        raise RequestError("compare_other_study")
    id, name = shown[0].mission(mission) if shown else ("", "")
    shown = [one for one in shown if id in dict(one.missions)]
    tables = [{row["territory_id"]: row for row in one.allocation(id)} for one in shown]
    places = sorted(
        {(row["territory_order"], row["territory_id"], row["territory"]) for t in tables for row in t.values()}
    )
    return page(
        request,
        "comparer.html",
        choices=scenarios_for(request, account),
        asked=asked,
        shown=shown,
        mission=id,
        mission_name=name,
        missions=shown[0].missions if shown else [],
        rows=[(name, [table.get(territory) for table in tables]) for _, territory, name in places],
        wholes=[next(r for r in one.sheet.tables["scenario_mission"] if r["mission_id"] == id) for one in shown],
    )


def _parts(key: str) -> tuple[str, str]:
    study, _, code = key.partition("/")
    return study, code


def _plan(shown: Scenario, mission: str) -> tuple[list[int], list[tuple[str, float, list[float]]]]:
    """Years, and for each territory that moves its posts of today and at the end of each."""
    rows = shown.sheet.rows("plan", mission)
    years = sorted({row["year"] for row in rows})
    of = {(row["territory_id"], row["year"]): float(row["posts"]) for row in rows}
    moving = [row for row in shown.allocation(mission) if row["change"]]
    return years, [
        (
            r["territory"],
            r["posts_current"],
            [of.get((r["territory_id"], year), float(r["posts_final"])) for year in years],
        )
        for r in moving
    ]


def _nearest(shown: Scenario, mission: str, territory: str) -> list[str]:
    """What would change the answer, the smallest change first."""
    rows = [row for row in shown.sheet.rows("counterfactual", mission, territory) if row["needed"] is not None]
    ordered = sorted(rows, key=lambda row: abs(row["relative"] or 0.0))
    return [row["sentence"] for row in ordered]
