"""Long work: how far it is, what came of each file, and what can still be done."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from workload.errors import RequestError
from workload.jobs.depots import marked_copy
from workload.store.tasks import TaskView, cancel_task, find_task, list_tasks, task_files
from workload.web.access import Account, Action, may, needs
from workload.web.addresses import go
from workload.web.deposits import read_again
from workload.web.mapping import unknown_items
from workload.web.rendering import page
from workload.web.rights import RefusedError
from workload.web.state import web_of
from workload.web.studies import study_of
from workload.web.task_words import error_lines, issue_row, visible, words_of
from workload.web.words import language_of

router = APIRouter()
Viewer = Annotated[Account, needs(Action.SEE_PROGRESS)]


def task_of(request: Request, account: Account, id: str) -> TaskView:
    """Raises RequestError where there is none, RefusedError where it is somebody else's."""
    task = find_task(web_of(request).engine, id)
    if not visible(account, task):
        raise RefusedError
    return task


@router.get("/taches")
def tasks(request: Request, account: Viewer) -> HTMLResponse:
    found = [task for task in list_tasks(web_of(request).engine) if visible(account, task)]
    language = language_of(request)
    return page(request, "taches.html", tasks=[(task, words_of(task, language)) for task in found])


@router.get("/taches/{id}")
def task(request: Request, account: Viewer, id: str) -> HTMLResponse:
    found = task_of(request, account, id)
    web, language = web_of(request), language_of(request)
    files = [(file, [issue_row(issue, language) for issue in file.issues]) for file in task_files(web.engine, id)]
    said, issues = error_lines(found, language)
    return page(
        request,
        "tache.html",
        task=found,
        words=words_of(found, language),
        files=files,
        refused=[file for file, _ in files if file.outcome == "refused"],
        unknown=_unknown(request, account, found) if found.kind == "import" else None,
        error=said,
        issues=issues,
        warnings=[issue_row(issue, language) for issue in (found.result or {}).get("warnings", ())],
    )


def _unknown(request: Request, account: Account, task: TaskView) -> bool | None:
    """Whether an activity that its files call by another name is still to be mapped; None where there is none."""
    engine = web_of(request).engine
    said = {i["value"] for file in task_files(engine, task.id) for i in file.issues if i["code"] == "unknown_item"}
    mine = None if may(account, Action.UPLOAD_REGISTERS) else account.id
    return (
        bool(said & {one.text for one in unknown_items(engine, study_of(request, task.study), mine)}) if said else None
    )


@router.post("/taches/{id}/annuler")
def cancel(request: Request, account: Viewer, id: str) -> RedirectResponse:
    cancel_task(web_of(request).engine, task_of(request, account, id).id)
    return go(f"/taches/{id}")


@router.post("/taches/{id}/relire")
def again(request: Request, account: Annotated[Account, needs(Action.IMPORT_SHEETS)], id: str) -> RedirectResponse:
    found = task_of(request, account, id)
    return go(f"/taches/{read_again(request, account, study_of(request, found.study), found)}")


@router.get("/taches/{id}/fichiers/{position}/copie")
def copy(request: Request, account: Viewer, id: str, position: int) -> FileResponse:
    """The refused file with its wrong cells marked, for whoever sent it."""
    found = task_of(request, account, id)
    path = marked_copy(web_of(request).settings, found.id, position)
    if path is None:
        raise RequestError("copy_unknown")
    return FileResponse(path, filename=path.name, content_disposition_type="attachment")
