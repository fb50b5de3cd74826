"""The same table under every fairness and in every step, for whoever must choose one."""

from fractions import Fraction

from workload.allocation.instance import Instance, decimal_text
from workload.allocation.solver import Allocation
from workload.allocation.steps import at_steps, under_each_fairness
from workload.errors import WorkloadError

Variant = tuple[Fraction, ...] | WorkloadError  # (unit,) posts, or why there is no such allocation


def by_fairness(instance: Instance) -> dict[str, Variant]:
    """Fairness → posts. Raises NoSolutionError as `solver.solve`."""
    return {fairness.value: found.posts(instance.step) for fairness, found in under_each_fairness(instance).items()}


def by_step(instance: Instance) -> dict[str, Variant]:
    """Posts per step, as text → posts, or the reason why such steps cannot be."""
    return {
        decimal_text(step): found.posts(step) if isinstance(found, Allocation) else found
        for step, found in at_steps(instance).items()
    }
