"""What a user sees when something is wrong: what, where, what to do; and the exit code that goes with it.

Codes live here and in the code that raises them; words live in the message catalogue (`messages/*.yaml`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    OK = 0
    INTERNAL = 1
    INPUT = 2
    NO_SOLUTION = 3


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong, at the address the person sees.

    `cell` is as in Excel ("F12", or "F12:F48" once folded); `params` fill the catalogue's sentence.
    """

    code: str
    file: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    severity: Severity = Severity.ERROR
    suggestion: str = ""
    params: dict[str, str] = field(default_factory=dict)


class WorkloadError(Exception):
    """An error written for a person: a catalogue code and its parameters. Never shown with a traceback."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        super().__init__(code, self.params)


class InputError(WorkloadError):
    """The input is wrong; `issues` says where, all of it at once."""

    exit_code = ExitCode.INPUT

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("input_errors", n=sum(i.severity is Severity.ERROR for i in self.issues))


class RequestError(WorkloadError):
    """What was asked for makes no sense as asked (an option, a total, a step)."""

    exit_code = ExitCode.INPUT


class NoSolutionError(WorkloadError):
    """The rules cannot all hold; the parameters say by how much they miss."""

    exit_code = ExitCode.NO_SOLUTION
