"""Tasks and their files in the words of whoever reads them."""

from collections.abc import Mapping
from typing import Any

from workload.catalogue import error_text, folded_message, text
from workload.errors import Issue, Severity, WorkloadError
from workload.store.tasks import TaskView
from workload.web.rights import Account, Action, may


def visible(account: Account, task: TaskView) -> bool:
    """Own tasks. What was sent shows who answered and what they noted: it is for whoever sent it, and nobody else.
    Computations are the direction's together."""
    return task.account_id == account.id or (task.kind != "import" and may(account, Action.BUILD_SCENARIO))


def words_of(task: TaskView, language: str) -> str:
    """How far it is, in a sentence."""
    if task.status == "queued":
        return text("task_queued", language)
    if task.status == "running":
        stage = text(f"stage_{task.stage}", language) if task.stage else text("task_starting", language)
        return f"{stage} ({task.done_n}/{task.total_n})" if task.total_n > 1 else stage
    return text(f"task_{task.status}", language)


def error_lines(task: TaskView, language: str) -> tuple[str, list[dict[str, Any]]]:
    """The sentence of what stopped it, and the issues that it carries."""
    error = task.error or {}
    if not error:
        return "", []
    spoken = WorkloadError(error["code"], **error.get("params", {}))
    if sentences := error.get("sentences"):
        spoken.sentences = [(code, params) for code, params in sentences]  # type: ignore[attr-defined]
    return error_text(spoken, language), [issue_row(issue, language) for issue in error.get("issues", ())]


def issue_row(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    issue = Issue(
        document["code"],
        document["file"],
        document["sheet"],
        document["cell"],
        document["value"],
        Severity(document["severity"]),
        document["suggestion"],
        dict(document["params"]),
    )
    return {
        "severity": issue.severity.value,
        "sheet": issue.sheet,
        "cell": issue.cell,
        "value": issue.value,
        "message": folded_message(issue, language),
        "suggestion": issue.suggestion,
        "file": issue.file,
    }
