"""What became of each file."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from workload.errors import Issue


class Outcome(StrEnum):
    IMPORTED = "imported"
    REPLACED = "replaced"  # imported, and an earlier file or answer went into history
    UNCHANGED = "unchanged"  # was there already
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """For the person who gave the file, so under the name she gave it; what is stored holds no agent's code."""

    file: str
    outcome: Outcome
    kind: str
    layout: str
    rows: int
    issues: tuple[Issue, ...] = ()
    superseded: bool = False  # unchanged because a newer file has replaced it since: it does not come back


@dataclass(slots=True)
class ImportSummary:
    """How many files met each outcome, and the rows that went in."""

    files: Counter[Outcome] = field(default_factory=Counter)
    rows_n: int = 0

    def add(self, found: FileOutcome) -> None:
        self.files[found.outcome] += 1
        if found.outcome in (Outcome.IMPORTED, Outcome.REPLACED):
            self.rows_n += found.rows
