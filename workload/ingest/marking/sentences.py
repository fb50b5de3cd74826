"""What is wrong, and what to do about it: an issue in the words of the list and of the notes."""

import re
from collections.abc import Iterable
from dataclasses import replace

from workload.catalogue import issue_message, text
from workload.errors import Issue, Severity
from workload.ingest.marking.addresses import read_area
from workload.ingest.marking.notes import Note

_PRIVATE_USE = 0xE000


def problem_and_remedy(issue: Issue, language: str = "fr") -> tuple[str, str]:
    """The first sentence, and the rest with the suggestion.

    The sentence is cut with its parameters masked: a full stop in what somebody typed ends nothing.
    """
    masks = {name: chr(_PRIVATE_USE + i) for i, name in enumerate(("value", *issue.params))}
    masked = replace(issue, value=masks["value"], params={name: masks[name] for name in issue.params})
    problem, _, remedy = re.sub(
        r"(?<=[.?!»)]) +(?=[A-ZÀ-Ý\ue000-\uf8ff])", "\n", issue_message(masked, language), count=1
    ).partition("\n")
    for name, mask in masks.items():
        typed = issue.value if name == "value" else issue.params[name]
        problem, remedy = problem.replace(mask, typed), remedy.replace(mask, typed)
    hints = [remedy] if remedy else []
    if issue.suggestion:
        hints.append(text("marking_suggestion", language, suggestion=issue.suggestion))
    if not hints:
        hints.append(text(f"marking_todo_{issue.severity.value}", language))
    return problem, "\n".join(hints)


def place_text(issue: Issue, language: str = "fr") -> str:
    """The address as people say it: F12, F12:F48, Ligne 4."""
    area = read_area(issue.cell)
    if area is None or not area.whole_rows:
        return issue.cell
    if area.top == area.bottom:
        return text("marking_row", language, row=area.top)
    return text("marking_rows", language, first=area.top, last=area.bottom)


def severity_text(severity: Severity, language: str = "fr") -> str:
    return text(f"severity_{severity.value}", language)


def note_on(issues: Iterable[Issue], language: str = "fr") -> Note:
    """One note for everything wrong at a cell."""
    listed = list(issues)
    worst = Severity.ERROR if any(i.severity is Severity.ERROR for i in listed) else Severity.WARNING
    parts = []
    for issue in listed:
        lines = [issue_message(issue, language)]
        if issue.value:
            lines.append(text("marking_value", language, value=issue.value))
        if issue.suggestion:
            lines.append(text("marking_suggestion", language, suggestion=issue.suggestion))
        if ":" in issue.cell:
            lines.append(text("marking_cells", language, cells=place_text(issue, language)))
        parts.append("\n".join(lines))
    return Note(severity_text(worst, language), "\n\n".join(dict.fromkeys(parts)))
