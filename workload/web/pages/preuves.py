"""What a reader takes away: the dossier, the live workbook, the evidence file, and how to check them."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from workload.reporting.evidence_file import signer_of
from workload.store.audit import record
from workload.web.access import Account, Action, needs, require
from workload.web.documents import TYPES, document, shown_name
from workload.web.reading import scenario_of
from workload.web.rendering import page
from workload.web.rights import WHOLE
from workload.web.state import web_of

router = APIRouter()
Taker = Annotated[Account, needs(Action.TAKE_EVIDENCE)]


@router.get("/resultats/{study}/{code}/preuves")
def evidence(request: Request, account: Taker, study: str, code: str) -> HTMLResponse:
    shown = scenario_of(request, account, study, code, Action.TAKE_EVIDENCE)
    fingerprint = signer_of(web_of(request).settings.data_dir).fingerprint
    return page(request, "preuves.html", scenario=shown, fingerprint=fingerprint)


@router.get("/resultats/{study}/{code}/preuves/{name}")
def take(request: Request, account: Taker, study: str, code: str, name: str) -> FileResponse:
    shown = scenario_of(request, account, study, code, Action.TAKE_EVIDENCE)
    require(account, Action.TAKE_EVIDENCE, WHOLE, shown.sheet.status)
    web = web_of(request)
    path = document(web, shown.sheet, name)
    with web.engine.begin() as connection:
        record(connection, account.login, "evidence_taken", shown.sheet.key, {"file": name})
    return FileResponse(path, media_type=TYPES[name], filename=shown_name(shown.sheet, name))
