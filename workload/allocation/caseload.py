"""Individual limits at constant total: files left unserved, posts that would serve them, overload shared evenly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import require_not_negative
from workload.allocation.solver import Allocation, solve
from workload.allocation.unit_rules import LargestCaseload, require_caseload_ceiling
from workload.errors import RequestError


@dataclass(frozen=True, slots=True)
class UnitCaseload:
    """Active files of one unit against its posts."""

    unit: str
    files: int
    posts: Fraction
    files_beyond: Fraction  # files that no post may carry
    posts_missing: Fraction  # posts that would carry them, not rounded to steps
    files_per_post: Fraction | None  # None without posts


@dataclass(frozen=True, slots=True)
class CaseloadResult:
    units: tuple[UnitCaseload, ...]  # (unit,)

    @property
    def files_beyond(self) -> Fraction:
        return sum((unit.files_beyond for unit in self.units), Fraction(0))

    @property
    def posts_missing(self) -> Fraction:
        """Posts the whole department would need beyond its own, posts free elsewhere left where they are."""
        return sum((unit.posts_missing for unit in self.units), Fraction(0))


def caseload(
    instance: Instance, steps: Sequence[int], files: Sequence[int], files_per_post: Fraction
) -> CaseloadResult:
    """What a ceiling leaves unserved under an allocation.

    Args:
        instance: for its units and step.
        steps: (unit,) steps given.
        files: (unit,) active files, ≥ 0.
        files_per_post: the most one full post may carry, > 0.

    Raises:
        RequestError: a ceiling of zero or less, negative files, or lengths that differ.
    """
    require_caseload_ceiling(files_per_post)
    _require_files(instance, files)
    return CaseloadResult(
        tuple(
            _unit(u, n, x * instance.step, files_per_post) for u, n, x in zip(instance.units, files, steps, strict=True)
        )
    )


def share_overload(instance: Instance, files: Sequence[int]) -> Allocation:
    """Files per post as even as posts allow: the heaviest as light as possible, then the next (leximin).

    The rules and totals of the instance hold; its need is set aside. Raises RequestError as `caseload`, NoSolutionError
    as `solver.solve`.
    """
    _require_files(instance, files)
    return solve(replace(instance, need=tuple(files), fairness=Fairness.LEAST_MAXIMUM))


def with_least_ceiling(instance: Instance, files: Sequence[int]) -> Instance:
    """The same question under the smallest ceiling of files per post that can hold everywhere, as a rule.

    Where some files cannot get any post there is no such ceiling: the units left without posts are not bound by it.
    """
    shared = share_overload(instance, files)
    served = {u: n for u, n, x in zip(instance.units, files, shared.steps, strict=True) if x and n}
    heaviest = max(
        (Fraction(n, x) / instance.step for n, x in zip(files, shared.steps, strict=True) if x and n), default=None
    )
    if heaviest is None:
        return instance
    return replace(instance, rules=(*instance.rules, LargestCaseload(served, heaviest)))


def _unit(unit: str, files: int, posts: Fraction, files_per_post: Fraction) -> UnitCaseload:
    beyond = max(Fraction(files) - posts * files_per_post, Fraction(0))
    return UnitCaseload(unit, files, posts, beyond, beyond / files_per_post, files / posts if posts else None)


def _require_files(instance: Instance, files: Sequence[int]) -> None:
    if len(files) != len(instance.units):
        raise RequestError("allocation_lengths_differ", units=len(instance.units))
    require_not_negative(LargestCaseload.name, files)
