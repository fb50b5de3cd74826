"""« Pourquoi ? »: from a figure down to what it is made of: the sum, the indicator, its weight, files and sheets."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from workload.errors import RequestError
from workload.web.access import Account, Action, needs
from workload.web.reading import Scenario, by_key, scenario_of, study_rows
from workload.web.rendering import page
from workload.web.state import web_of

router = APIRouter()
FIGURES = ("postes", "besoin", "part")
DEPARTMENT = "*"
FINER = ("commune", "canton", "epci")
"""Levels inside a territory, the finest first: the first that may be shown."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator where it is counted, what it weighs, and where both come from."""

    component: str
    label: str
    domain: str
    need_fte: float
    need_department_fte: float
    weights: list[dict[str, Any]] = field(default_factory=list)
    described: dict[str, Any] | None = None
    values: list[dict[str, Any]] = field(default_factory=list)  # of the territory and the département
    inside: list[dict[str, Any]] = field(default_factory=list)  # by commune, or the finest level that may be shown
    time: dict[str, Any] | None = None  # the domain's share of the week
    files: list[tuple[str, str]] = field(default_factory=list)
    instead: float | None = None  # what is counted here, where the count is withheld


@router.get("/resultats/{study}/{code}/pourquoi/{mission}/{territory}/{figure}")
def why(
    request: Request,
    account: Annotated[Account, needs(Action.SEE_RESULTS)],
    study: str,
    code: str,
    mission: str,
    territory: str,
    figure: str,
) -> HTMLResponse:
    shown = scenario_of(request, account, study, code)
    id, name = shown.mission(mission)
    row = shown.one("allocation", id, territory)
    ledger = shown.ledger(id, territory)
    whole = next(one for one in shown.sheet.tables["scenario_mission"] if one["mission_id"] == id)
    line = None if figure in FIGURES else _line(ledger, figure)
    components = sorted(shown.sheet.rows("need_component", id, territory), key=lambda one: -one["need_fte"])
    return page(
        request,
        "pourquoi.html",
        scenario=shown,
        mission=id,
        mission_name=name,
        row=row,
        whole=whole,
        ledger=ledger,
        figure=figure,
        line=line,
        components=components,
        places={one["component"]: one["row_order"] for one in _lines_by_component(ledger)},
        indicator=_indicator(request, account, shown, id, territory, line) if line else None,
        progress=_sheets(request, account, shown, id),
        need_total=float(whole["total_posts_before"]),
    )


def _line(ledger: list[dict[str, Any]], figure: str) -> dict[str, Any]:
    for line in ledger:
        if str(line["row_order"]) == figure and line["cause"] not in ("start", "end"):
            return line | {"exact": Fraction(line["posts_exact"])}
    raise RequestError("figure_unknown", id=figure)


def _lines_by_component(ledger: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"component": line["cause"], "row_order": line["row_order"]} for line in ledger]


def _indicator(
    request: Request, account: Account, shown: Scenario, mission: str, territory: str, line: dict[str, Any]
) -> Indicator | None:
    """None where the line is no single indicator's: rounding, a rule, rows under secrecy."""
    own = [c for c in shown.sheet.rows("need_component", mission, territory) if c["component"] == line["cause"]]
    if not own or "@" not in line["cause"]:
        return None
    indicator, _, domain = line["cause"].partition("@")
    everywhere = _department_need(shown, mission, own[0])
    engine = web_of(request).engine
    described = study_rows(engine, account, "indicator", shown.study, indicator_id=indicator)
    levels = study_rows(
        engine, account, "indicator_value", shown.study, indicator_id=indicator, level=["territoire", "département"]
    )
    here = [one for one in levels if one["level"] == "département" or one["place_id"] == territory]
    year = described[0]["year"] if described else None
    inside = study_rows(
        engine,
        account,
        "indicator_value",
        shown.study,
        indicator_id=indicator,
        level=list(FINER),
        territory_id=territory,
    )
    told = by_key((one for one in inside if one["year"] == year), "level")
    finest = next((told[level] for level in FINER if level in told), [])
    time = study_rows(
        engine, account, "time_use", shown.study,
        mission_id=mission, territory_id=DEPARTMENT, profession=DEPARTMENT, site=DEPARTMENT,
        level="domaine", code=domain,
    )  # fmt: skip
    return Indicator(
        line["cause"],
        own[0]["indicator"],
        own[0]["domain_label"],
        own[0]["need_fte"],
        everywhere,
        sorted(
            (w for w in shown.sheet.rows("weight", mission) if (w["indicator_id"], w["domain"]) == (indicator, domain)),
            key=lambda w: w["line_order"],
        ),
        described[0] if described else None,
        [one for one in here if one["year"] == year],
        finest,
        time[0] if time else None,
        _files(shown, indicator),
        _instead(shown, indicator, territory),
    )


def _instead(shown: Scenario, indicator: str, territory: str) -> float | None:
    for one in shown.sheet.study.get("substitutes", ()):
        if (one["indicator"], one["territory"]) == (indicator, territory):
            return float(one["count"])
    return None


def _files(shown: Scenario, indicator: str) -> list[tuple[str, str]]:
    """The file that the counts come from, with its fingerprint; places and sectors for what the software computes."""
    inputs = shown.sheet.study["inputs"]
    stem = shown.sheet.study.get("indicator_files", {}).get(indicator)
    names = [name for name in inputs if stem and name.startswith(f"{stem}.")] or ["territoires.xlsx"]
    return [(name, inputs[name]) for name in names if name in inputs]


def _department_need(shown: Scenario, mission: str, own: dict[str, Any]) -> float:
    """Need of the component in the whole département, from its published share: a manager reads no other territory."""
    whole = next(one for one in shown.sheet.tables["scenario_mission"] if one["mission_id"] == mission)
    return float(own["department_share"]) * float(whole["total_posts_before"])


def _sheets(request: Request, account: Account, shown: Scenario, mission: str) -> dict[str, Any] | None:
    rows = study_rows(
        web_of(request).engine, account, "campaign_progress", shown.study, mission_id=mission, territory_id=DEPARTMENT
    )
    return rows[0] if rows else None
