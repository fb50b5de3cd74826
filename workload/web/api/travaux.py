"""Long work for programs: files sent, and how far a task is."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, UploadFile
from pydantic import BaseModel

from workload.store.tasks import cancel_task, task_files
from workload.web.access import Account, Action, needs
from workload.web.deposits import deposit
from workload.web.pages.taches import task_of
from workload.web.state import web_of
from workload.web.studies import progress_of, studies, study_of
from workload.web.task_words import error_lines, issue_row, words_of
from workload.web.words import language_of

router = APIRouter(prefix="/api/v1", tags=["campagnes et travaux"])
Viewer = Annotated[Account, needs(Action.SEE_PROGRESS)]


class StudyHead(BaseModel):
    code: str
    title: str
    campaign: str
    simulated: bool


class FileState(BaseModel):
    position: int
    name: str
    outcome: str | None
    rows: int
    marked_copy: bool
    issues: list[dict[str, Any]]


class TaskState(BaseModel):
    id: str
    kind: str
    status: str
    open: bool
    words: str
    done_n: int
    total_n: int
    error: str
    result: dict[str, Any] | None
    files: list[FileState]


class Sent(BaseModel):
    task: str


@router.get("/studies")
def all_studies(request: Request, account: Viewer) -> list[StudyHead]:
    """Les études du service."""
    return [
        StudyHead(code=one.code, title=one.title, campaign=one.period, simulated=one.simulated)
        for one in studies(request)
    ]


@router.get("/studies/{study}/progress")
def progress(request: Request, account: Viewer, study: str) -> list[dict[str, Any]]:
    """Où en est la campagne, par paquets de cinq."""
    return progress_of(request, account, study_of(request, study))


@router.post("/studies/{study}/files", status_code=202)
def send(
    request: Request, account: Annotated[Account, needs(Action.IMPORT_SHEETS)], study: str, files: list[UploadFile]
) -> Sent:
    """Des relevés à faire entrer : chacun en entier ou pas du tout."""
    return Sent(task=deposit(request, account, study_of(request, study), files))


@router.get("/tasks/{id}")
def task(request: Request, account: Viewer, id: str) -> TaskState:
    """Où en est un travail, et ce qu’est devenu chaque fichier."""
    found, language = task_of(request, account, id), language_of(request)
    return TaskState(
        id=found.id,
        kind=found.kind,
        status=found.status,
        open=found.open,
        words=words_of(found, language),
        done_n=found.done_n,
        total_n=found.total_n,
        error=error_lines(found, language)[0],
        result=dict(found.result) if found.result else None,
        files=[
            FileState(
                position=file.position,
                name=file.name,
                outcome=file.outcome,
                rows=file.rows_n,
                marked_copy=file.marked,
                issues=[issue_row(issue, language) for issue in file.issues],
            )
            for file in task_files(web_of(request).engine, id)
        ],
    )


@router.post("/tasks/{id}/cancel", status_code=202)
def cancel(request: Request, account: Viewer, id: str) -> Sent:
    """Demande l’arrêt d’un travail."""
    cancel_task(web_of(request).engine, task_of(request, account, id).id)
    return Sent(task=id)
