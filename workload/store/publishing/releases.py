"""What one release withholds and what that costs, as it is kept and as it is said."""

from collections.abc import Mapping
from dataclasses import dataclass

from workload.parameters import Parameter
from workload.store.disclosure import Audit, Choice, Rules, audit
from workload.store.publishing.words import said


class RefusedError(Exception):
    """The audit found an interval too narrow: nothing of this may be published."""


@dataclass(frozen=True, slots=True)
class Release:
    """release: what it is; grain: the detail shown; finer_refused: finer details that would have hidden too much."""

    release: str
    grain: str
    finer_refused: str
    cells_n: int
    withheld_n: int
    withheld_share: float
    lost_value_share: float
    audited: str


def rules_of(parameters: Mapping[str, Parameter], least: str = "minimum_workers") -> Rules:
    """The disclosure rules in force on the study's day. least: the parameter that holds the minimum."""
    return Rules(
        int(parameters[least].value),
        parameters["dominance_share"].value,
        parameters["protection_share"].value,
        parameters["coarser_table_share"].value,
    )


def released(name: str, choice: Choice, rules: Rules, rungs: str = "rungs") -> Release:
    """Audited once more by the program that knows nothing of how the cells were chosen. Raises RefusedError."""
    protection, shown = choice.protection, choice.tables.shown
    result = audit(choice.tables, rules, protection.withheld)
    if not result.passed:
        raise RefusedError(name)
    return Release(
        name,
        said(f"{rungs}.{choice.name}"),
        " ; ".join(said(f"{rungs}.{finer.name}") for finer in choice.finer),
        len(shown),
        len(shown & protection.withheld),
        protection.lost_cells_share,
        protection.lost_value_share,
        audit_text(result),
    )


def audit_text(result: Audit) -> str:
    if not result.intervals:
        return said("audited_none")
    return said("audited", n=len(result.intervals), failures=len(result.failures) or "aucun")
