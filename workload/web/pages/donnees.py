"""What results stand on: indicators and their coverage, posts, and where the time goes. Published figures only."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from workload.errors import RequestError
from workload.store.published_tables import published_tables
from workload.store.scenario_sheets import Row
from workload.web.access import Account, Action, may, needs
from workload.web.reading import by_key, study_rows
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.studies import StudyView, studies

router = APIRouter()
Viewer = Annotated[Account, needs(Action.SEE_TIME_USE)]
WHOLE = "*"
LEVELS = ("domaine", "mode", "item")


@router.get("/donnees")
def data(request: Request, account: Viewer) -> HTMLResponse:
    """The studies of which something is published, or that the service knows."""
    table = published_tables()["scenario"]
    with web_of(request).engine.connect() as connection:
        query = select(table.c.study_id, table.c.study, table.c.scenario_status).distinct()
        found = {
            row.study_id: row.study
            for row in connection.execute(query)
            if may(account, Action.SEE_TIME_USE, scenario_status=row.scenario_status)
        }
    return page(request, "donnees.html", studies=found)


@router.get("/donnees/{study}/indicateurs")
def indicators(request: Request, account: Viewer, study: str) -> HTMLResponse:
    rows = _known(study_rows(web_of(request).engine, account, "indicator", study), study)
    withheld = study_rows(web_of(request).engine, account, "withheld", study)
    return page(
        request,
        "indicateurs.html",
        study=study,
        of=_of(request, study),
        title=rows[0]["study"],
        rows=rows,
        withheld=withheld,
    )


@router.get("/donnees/{study}/postes")
def posts(request: Request, account: Annotated[Account, needs(Action.BUILD_SCENARIO)], study: str) -> HTMLResponse:
    """The register, counted; no line of it, and no count of fewer than five posts."""
    of = _of(request, study)
    if of is None:
        raise RequestError("study_unknown", id=study)
    register = of.register.posts
    least = int(of.register.parameters["minimum_workers"].value)
    counted = Counter(zip(register["mission"], register["territory"], strict=True))
    fte = register.groupby(["mission", "territory"])["fte"].sum()
    rows = [
        (
            mission,
            [
                (place, counted.get((id, code), 0), float(fte.get((id, code), 0.0)))
                for code, place in of.territories.items()
            ],
        )
        for id, mission in of.missions.items()
    ]
    return page(request, "postes.html", study=of, of=of, rows=rows, least=least)


@router.get("/donnees/{study}/temps")
def time_use(
    request: Request,
    account: Viewer,
    study: str,
    mission: Annotated[str, Query(max_length=100)] = "",
    territoire: Annotated[str, Query(max_length=100)] = WHOLE,
) -> HTMLResponse:
    engine = web_of(request).engine
    rows = _known(study_rows(engine, account, "time_use", study, profession=WHOLE, site=WHOLE), study)
    missions = {row["mission_id"]: row["mission"] for row in rows}
    chosen = mission if mission in missions else next(iter(missions))
    own = [row for row in rows if row["mission_id"] == chosen]
    places = {row["territory_id"]: row["territory"] for row in own}
    place = territoire if territoire in places else WHOLE if WHOLE in places else next(iter(places))
    shown = sorted((row for row in own if row["territory_id"] == place), key=lambda row: -row["share"])
    return page(
        request,
        "temps.html",
        study=study,
        of=_of(request, study),
        title=rows[0]["study"],
        missions=missions,
        mission=chosen,
        places=places,
        place=place,
        levels=[(level, by_key(shown, "level").get(level, [])) for level in LEVELS],
        reading=[r for r in study_rows(engine, account, "reading", study, mission_id=chosen) if r["flagged"]],
    )


def _of(request: Request, study: str) -> StudyView | None:
    """None where something is published of a study whose files are no longer here."""
    return next((one for one in studies(request) if one.code == study), None)


def _known(rows: list[Row], study: str) -> list[Row]:
    if not rows:
        raise RequestError("study_unknown", id=study)
    return rows
