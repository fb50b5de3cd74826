"""The words for every code: French first, English too.

`messages/*.fr.yaml` and `messages/*.en.yaml` hold the same keys.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import yaml

from workload.errors import Issue, Severity, WorkloadError
from workload.resources import MESSAGES

LANGUAGES = ("fr", "en")


@cache
def _catalogue(language: str) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for path in sorted(MESSAGES.glob(f"*.{language}.yaml")):
        entries |= yaml.safe_load(path.read_text("utf-8"))
    return entries


def text(key: str, language: str = "fr", /, **params: object) -> str:
    """The sentence for a code, its placeholders filled. An unknown key is a defect and raises KeyError."""
    return str(_catalogue(language)[key]).format(**params)


def error_text(error: WorkloadError, language: str = "fr") -> str:
    """The sentence of an error, and below it, one a line, those it carries as `sentences`, where it carries any."""
    more: Sequence[tuple[str, Mapping[str, str]]] = getattr(error, "sentences", ())
    return "\n".join(sentence(code, params, language) for code, params in ((error.code, error.params), *more))


def sentence(code: str, params: Mapping[str, str], language: str = "fr") -> str:
    """The sentence for a code as it stands alone: rules by their names, a capital at its start."""
    words = text(code, language, **{name: _spoken(name, value, language) for name, value in params.items()})
    starts_with_rule = str(_catalogue(language)[code]).lstrip().startswith("{rule}")
    return re.sub(r"\w", lambda found: found[0].upper(), words, count=1) if starts_with_rule else words


def _spoken(name: str, value: str, language: str) -> str:
    """A parameter as the reader says it: a rule by its name, decimals with a comma in French."""
    if name.startswith("rule"):
        return text(f"rule_{value}", language)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", value) if language == "fr" and re.fullmatch(r"-?\d+\.\d+", value) else value


def issue_message(issue: Issue, language: str = "fr") -> str:
    return text(issue.code, language, value=issue.value, **issue.params)


def issue_line(issue: Issue, language: str = "fr") -> str:
    """One issue on one line: severity, address, value as typed, what is wrong, what to do."""
    where = " · ".join(part for part in (issue.file, issue.sheet, issue.cell) if part)
    level = text("severity_error" if issue.severity is Severity.ERROR else "severity_warning", language)
    tail = f" → {issue.suggestion}" if issue.suggestion else ""
    return f"{level} {where} : {folded_message(issue, language)}{tail}"


def folded_message(issue: Issue, language: str = "fr") -> str:
    """The message, and for how many cells it holds when several were folded into one."""
    message = issue_message(issue, language)
    cells = issue.params.get("cells")
    return text("cells_folded", language, message=message, cells=cells) if cells else message


def number(value: float, decimals: int = 1, language: str = "fr") -> str:
    """A number as people write it: 1 096,4 in French (narrow no-break space, comma), 1,096.4 in English.

    A value that rounds to zero loses its minus sign.
    """
    rounded = round(value, decimals)
    figure = f"{rounded + 0.0 if rounded else 0.0:,.{decimals}f}"
    return figure.replace(",", "\u202f").replace(".", ",") if language == "fr" else figure


def signed(value: float, decimals: int = 1, language: str = "fr") -> str:
    """A change with its sign, a true minus: +2,0 or −1,5; nothing before zero."""
    rounded = round(value, decimals)
    sign = "+" if rounded > 0 else "\u2212" if rounded < 0 else ""
    return sign + number(abs(rounded), decimals, language)


def posts_text(value: float, language: str = "fr") -> str:
    """Posts without idle decimals: 2, 1,5, 0,25."""
    decimals = next((d for d in (0, 1, 2) if abs(value - round(value, d)) < 1e-9), 2)
    return number(value, decimals, language)
