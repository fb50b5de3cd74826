"""One figure that does not come out as stated, and the tally of those that do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from workload.reporting.evidence_file.csv_tables import figure

Table: TypeAlias = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that does not come out as stated; line 0 where it stands nowhere."""

    file: str
    line: int
    column: str
    about: str  # mission · territory · row
    stated: str
    recomputed: str


class Compared:
    """Counts what agrees, keeps what does not."""

    def __init__(self) -> None:
        self.n, self.found = 0, list[Difference]()

    def same(self, agrees: bool, difference: Difference) -> None:
        self.n += 1
        if not agrees:
            self.found.append(difference)

    def number(
        self, file: str, line: int, row: Mapping[str, str], column: str, about: str, value: float, gap: float
    ) -> None:
        stated = row.get(column, "")
        try:
            found = figure(stated)
            agrees = found is not None and abs(found - value) <= gap * max(1.0, abs(value))
        except ValueError:
            agrees = False
        self.same(agrees, Difference(file, line, column, about, stated, repr(value).replace(".", ",")))
