"""The campaign as a manager sees it: where it stands, sheets to hand out, sheets to send back, words to map once."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from workload.errors import RequestError
from workload.ingest.templates import FORMS, write_templates
from workload.store.audit import record
from workload.store.tasks import list_tasks
from workload.web.access import Account, Action, may, needs
from workload.web.addresses import go
from workload.web.deposits import deposit
from workload.web.mapping import add_mapping, mappings, remove_mapping, unknown_items
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.studies import own_territories, progress_of, studies, study_of

router = APIRouter()
Viewer = Annotated[Account, needs(Action.SEE_PROGRESS)]


@router.get("/campagnes")
def campaigns(
    request: Request, account: Viewer, territoire: Annotated[str, Query(max_length=100, pattern="^[a-z0-9_*]*$")] = ""
) -> Response:
    """One study: its campaign at once. The dashboards lead here, with a territory."""
    found = studies(request)
    if len(found) == 1:
        return go(f"/campagnes/{found[0].code}" + (f"?territoire={territoire}" if territoire not in ("", "*") else ""))
    return page(request, "campagnes.html", studies=found)


@router.get("/campagnes/{study}")
def campaign(request: Request, account: Viewer, study: str, territoire: str = "") -> HTMLResponse:
    of = study_of(request, study)
    mine = None if may(account, Action.UPLOAD_REGISTERS) else account.id
    return page(
        request,
        "campagne.html",
        study=of,
        forms=list(FORMS),
        progress=[row for row in progress_of(request, account, of) if territoire in ("", row["territory_id"])],
        territories=own_territories(account, of, Action.DOWNLOAD_TEMPLATES),
        tasks=[task for task in list_tasks(web_of(request).engine, account.id, "import") if task.study == study],
        unknown=unknown_items(web_of(request).engine, of, mine),
    )


@router.get("/campagnes/{study}/modeles")
def templates(
    request: Request,
    account: Annotated[Account, needs(Action.DOWNLOAD_TEMPLATES)],
    study: str,
    forme: Annotated[str, Query(max_length=20)] = "agent",
    territoire: Annotated[str, Query(max_length=100)] = "",
    semaines: Annotated[int | None, Query(ge=1, le=8)] = None,
) -> Response:
    """Prefilled sheets of the account's territories, in one zip."""
    of = study_of(request, study)
    own = own_territories(account, of, Action.DOWNLOAD_TEMPLATES)
    if territoire:
        own = {code: name for code, name in own.items() if code == territoire}
    if not own:
        raise RequestError("territory_unknown", id=territoire)
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in write_templates("survey", forme, of.home.folder, Path(folder) / "modeles", semaines, list(own)):
            archive.write(path, path.name)
    with web_of(request).engine.begin() as connection:
        record(connection, account.login, "templates_taken", study, {"territories": len(own)})
    name = f"releves-{next(iter(own)) if len(own) == 1 else 'tous'}.zip"
    return Response(
        content.getvalue(),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/campagnes/{study}/depots")
def send(
    request: Request, account: Annotated[Account, needs(Action.IMPORT_SHEETS)], study: str, files: list[UploadFile]
) -> RedirectResponse:
    return go(f"/taches/{deposit(request, account, study_of(request, study), files)}")


@router.get("/campagnes/{study}/correspondances")
def mapping(
    request: Request, account: Annotated[Account, needs(Action.PROPOSE_MAPPING)], study: str, tache: str = ""
) -> HTMLResponse:
    of = study_of(request, study)
    mine = None if may(account, Action.DECIDE_MAPPING) else account.id
    return page(
        request,
        "correspondances.html",
        study=of,
        unknown=unknown_items(web_of(request).engine, of, mine),
        known=mappings(of),
        items=of.register.taxonomy.items,
        task=tache,
    )


@router.post("/campagnes/{study}/correspondances")
def map_items(
    request: Request,
    account: Annotated[Account, needs(Action.PROPOSE_MAPPING)],
    study: str,
    text: Annotated[list[str], Form()],
    code: Annotated[list[str], Form()],
    tache: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Each unknown text to the item chosen for it; a text without a choice stays unknown."""
    of = study_of(request, study)
    chosen = {said: item for said, item in zip(text, code, strict=False) if item}
    mine = None if may(account, Action.DECIDE_MAPPING) else account.id
    asked = {one.text for one in unknown_items(web_of(request).engine, of, mine)}
    if not set(chosen) <= asked:  # only what a refused sheet asks about: a mapping holds for everybody's sheets
        raise RequestError("mapping_not_asked")
    add_mapping(of, chosen)
    with web_of(request).engine.begin() as connection:
        record(connection, account.login, "items_mapped", study, {"items": sorted(chosen.values())})
    return go(f"/taches/{tache}" if tache.isalnum() and len(tache) == 32 else f"/campagnes/{study}/correspondances")


@router.post("/campagnes/{study}/correspondances/retrait")
def unmap(
    request: Request,
    account: Annotated[Account, needs(Action.DECIDE_MAPPING)],
    study: str,
    text: Annotated[str, Form(max_length=500)],
) -> RedirectResponse:
    remove_mapping(study_of(request, study), text)
    with web_of(request).engine.begin() as connection:
        record(connection, account.login, "item_unmapped", study, {"n": 1})
    return go(f"/campagnes/{study}/correspondances")
