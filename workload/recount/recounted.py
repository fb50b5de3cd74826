"""What a recount gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from workload.allocation.instance import Instance
from workload.allocation.justify import UnitLedger
from workload.allocation.solver import Allocation

SECRET = "secret"  # noqa: S105 (no password: a cause in the ledger)
"""Cause and component under which what is closed stands as one."""


class Remark(StrEnum):
    """What a reader must know of a recount; sentences under `recount_<code>` in the catalogue."""

    CLOSED_KEPT = "closed_kept"  # a weight changed that also counts inside a closed sum: there it did not move
    CASELOAD_KEPT = "caseload_kept"  # files are closed: the posts that the ceiling asked for stay as they were
    STEP_ROUNDED = "step_rounded"  # floors rounded up and ceilings down to whole steps of the new size


@dataclass(frozen=True, slots=True)
class Unserved:
    """What a ceiling of files leaves in one territory at the posts given."""

    caseload: str
    territory: str
    files_per_fte: float
    files_n: float
    missing_posts: float


@dataclass(frozen=True, slots=True)
class Recounted:
    """One mission computed again from its basis."""

    mission: str
    territories: tuple[str, ...]  # (T,)
    need_fte: tuple[float, ...]  # (T,)
    whole_need: tuple[int, ...]  # (T,) in `grain`ths of a minute of an average post
    contributions_fte: tuple[Mapping[str, float], ...]  # (T,) component → FTE; SECRET for what is closed there
    ledger_need: tuple[Mapping[str, int], ...]  # (T,) component → part of whole_need; SECRET likewise
    department_need: Mapping[str, int]  # component told apart somewhere → its total over the département
    instance: Instance
    allocation: Allocation
    ledgers: tuple[UnitLedger, ...]  # (T,) exact fractions; closed components as one row, first
    unserved: tuple[Unserved, ...]
    remarks: tuple[Remark, ...]

    @property
    def fair_share(self) -> tuple[Fraction, ...]:
        """(T,) posts, before rounding and rules."""
        return tuple(ledger.fair_share for ledger in self.ledgers)

    @property
    def posts(self) -> tuple[Fraction, ...]:
        """(T,) posts given."""
        return self.allocation.posts(self.instance.step)
