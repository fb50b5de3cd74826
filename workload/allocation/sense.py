"""Questions that make no sense, refused in words before anything is worked out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workload.allocation.figures import decimal_text
from workload.errors import RequestError

if TYPE_CHECKING:
    from workload.allocation.instance import Instance

LARGEST_TOTAL_STEPS = 2_000_000  # every social worker of France many times over; steps are given out one by one


def require_sense(instance: "Instance") -> None:
    """Raise RequestError for an instance that asks nothing, or nothing that can be answered."""
    n = len(instance.units)
    if n == 0:
        raise RequestError("allocation_no_units")
    if len(instance.need) != n or (instance.current is not None and len(instance.current) != n):
        raise RequestError("allocation_lengths_differ", units=n)
    if len(set(instance.units)) != n:
        raise RequestError("allocation_duplicate_unit", unit=_first_repeated(instance.units))
    if instance.step <= 0:
        raise RequestError("allocation_step", step=decimal_text(instance.step))
    if instance.total_steps < 0:
        raise RequestError("allocation_negative_total", total=decimal_text(instance.total_steps * instance.step))
    for unit, need in zip(instance.units, instance.need, strict=True):
        if need < 0:
            raise RequestError("allocation_negative_need", unit=unit, need=need)
    for unit, steps in zip(instance.units, instance.current or (), strict=False):
        if steps < 0:
            raise RequestError("allocation_negative_current", unit=unit, current=decimal_text(steps * instance.step))
    if sum(instance.need) == 0:
        raise RequestError("allocation_no_need")
    if instance.total_steps > LARGEST_TOTAL_STEPS:
        raise RequestError("allocation_total_too_large", total=decimal_text(instance.total_steps * instance.step))
    if instance.cells and len(instance.cells) != n:
        raise RequestError("allocation_lengths_differ", units=n)
    if instance.pools:
        _require_partition(instance)


def _require_partition(instance: "Instance") -> None:
    named = [unit for pool in instance.pools for unit in pool.units]
    if sorted(named) != sorted(instance.units):
        raise RequestError("allocation_pools_no_partition")
    if sum(pool.total_steps for pool in instance.pools) != instance.total_steps:
        raise RequestError("allocation_pools_total", total=decimal_text(instance.total_steps * instance.step))
    need_of = dict(zip(instance.units, instance.need, strict=True))
    for pool in instance.pools:
        if (pool.total_steps or pool.payroll_euros) and not any(need_of[unit] for unit in pool.units):
            raise RequestError("allocation_pool_no_need", pool=pool.name)
        if pool.payroll_euros and pool.budget(instance.step) // min(pool.cost_per_post_euros.values()) > (
            LARGEST_TOTAL_STEPS
        ):
            raise RequestError("allocation_total_too_large", total=decimal_text(pool.payroll_euros))


def _first_repeated(units: Sequence[str]) -> str:
    seen: set[str] = set()
    return next(unit for unit in units if unit in seen or seen.add(unit))  # type: ignore[func-returns-value]
