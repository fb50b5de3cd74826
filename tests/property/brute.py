"""Every allocation of a small instance, rules and objectives written from their definitions alone."""

import hashlib
from fractions import Fraction
from itertools import product
from math import ceil, floor

from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Fairness
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned


def most_steps(instance):
    """(unit,) steps a unit could have at most."""
    most = {}
    for pool in instance.all_pools:
        for unit in pool.units:
            euros = pool.payroll_euros
            most[unit] = (
                pool.total_steps if euros is None else floor(euros / (pool.cost_per_post_euros[unit] * instance.step))
            )
    return [most[unit] for unit in instance.units]


def within_resources(instance):
    for steps in product(*(range(most + 1) for most in most_steps(instance))):
        held = dict(zip(instance.units, steps, strict=True))
        if all(keeps_pool(pool, held, instance.step) for pool in instance.all_pools):
            yield steps


def keeps_pool(pool, held, step):
    if pool.payroll_euros is None:
        return sum(held[unit] for unit in pool.units) == pool.total_steps
    return sum(held[unit] * step * pool.cost_per_post_euros[unit] for unit in pool.units) <= pool.payroll_euros


def shortfalls(instance, rule, steps):
    """Steps by which each thing the rule asks is missed, one figure per side."""
    held = dict(zip(instance.units, steps, strict=True))
    now = dict(zip(instance.units, instance.current or steps, strict=True))
    cells = list(zip(instance.cells, steps, strict=True)) if instance.cells else []
    floors, ceilings = [], []  # (asked, held)
    match rule:
        case MinimumPresence(floors=asked) | LockedPosts(locked=asked):
            floors = [(n, held[u]) for u, n in asked.items()]
        case Ceiling(ceilings=asked):
            ceilings = [(n, held[u]) for u, n in asked.items()]
        case LargestChange(steps=limit):
            limits = dict.fromkeys(held, limit) if isinstance(limit, int) else limit
            floors = [(now[u] - n, held[u]) for u, n in limits.items()]
            ceilings = [(now[u] + n, held[u]) for u, n in limits.items()]
        case LargestChangePercent(percent=percent):
            floors = [(now[u] * (100 - percent) / Fraction(100), held[u]) for u in held]
            ceilings = [(now[u] * (100 + percent) / Fraction(100), held[u]) for u in held]
        case Pinned(finals=finals, changes=changes):
            decided = [(n, held[u]) for u, n in finals.items()] + [(now[u] + n, held[u]) for u, n in changes.items()]
            floors, ceilings = decided, decided
        case LargestCaseload(files=files, files_per_post=most):
            floors = [(n / (most * instance.step), held[u]) for u, n in files.items()]
        case GroupTotal(where=where, lo=lo, hi=hi):
            total = sum(x for c, x in cells if all(w in (None, v) for w, v in zip(where, c, strict=True)))
            floors, ceilings = [(lo, total)], [(hi, total)] if hi is not None else []
        case SiteMinimum(floors=asked):
            floors = [(n, sum(x for c, x in cells if c.site == site)) for site, n in asked.items()]
        case AtLeastOneOf(profession=profession, steps=n):
            places = {c.territory for c, _ in cells if c.profession == profession}
            floors = [(n, sum(x for c, x in cells if (c.territory, c.profession) == (t, profession))) for t in places]
        case Ratio(few=few, many=many, at_least=a, per=b, overall=overall):
            places = {c.territory for c, _ in cells if c.profession == many}
            for here in [places | {c.territory for c, _ in cells}] if overall else [{t} for t in places]:
                served = sum(x for c, x in cells if c.profession == few and c.territory in here)
                asked = Fraction(a, b) * sum(x for c, x in cells if c.profession == many and c.territory in here)
                floors.append((asked, served))
        case SubstitutionLimits(limits=limits):
            return [0 if is_flow(gains(instance, steps), limits) else 1]
    missing = [max(0, ceil(asked) - x) for asked, x in floors]
    return missing + [max(0, x - floor(asked)) for asked, x in ceilings]


def gains(instance, steps):
    found = {}
    for cell, x, now in zip(instance.cells, steps, instance.current, strict=True):
        found[cell.profession] = found.get(cell.profession, 0) + x - now
    return found


def is_flow(gains, limits):
    """Whether gains come from flows within the limits: tried outright, for two professions."""
    (one, other), limit = next(iter(limits.items()))
    if any(gain for name, gain in gains.items() if name not in (one, other)):
        return False
    return gains.get(other, 0) == -gains.get(one, 0) and 0 <= gains.get(other, 0) <= limit


def violation(instance, steps):
    return sum(sum(shortfalls(instance, rule, steps)) for rule in instance.rules)


def feasible(instance):
    return [steps for steps in within_resources(instance) if violation(instance, steps) == 0]


def shares(instance):
    """(unit,) fair share in its pool; cost of a step over its pool's mean at the fair shares."""
    need = dict(zip(instance.units, instance.need, strict=True))
    share, weight = {}, {}
    for pool in instance.all_pools:
        cost = {u: 1 if pool.payroll_euros is None else pool.cost_per_post_euros[u] for u in pool.units}
        budget = pool.total_steps if pool.payroll_euros is None else floor(pool.payroll_euros / instance.step)
        spent = sum(cost[u] * need[u] for u in pool.units)
        for u in pool.units:
            share[u] = Fraction(budget * need[u], spent) if spent else Fraction(0)
        bought = sum(share[u] for u in pool.units)
        for u in pool.units:
            weight[u] = cost[u] * bought / budget if bought else 1
    return [share[u] for u in instance.units], [weight[u] for u in instance.units]


def unfairness(instance, steps):
    """Smaller is better; the infinities of x = 0 kept apart, steps where nobody needs them weighed first."""
    share, weight = shares(instance)
    scale = sum(instance.need) / (sum(share) or Fraction(1))
    idle = sum(x**2 for x, n in zip(steps, instance.need, strict=True) if not n)
    cells = [(x, q, w, q * scale if q else n) for x, n, q, w in zip(steps, instance.need, share, weight, strict=True)]
    if instance.fairness is Fairness.LEAST_SQUARES:
        return idle, sum(w * (x - q) ** 2 / q for x, q, w, _ in cells if q)
    if instance.fairness is Fairness.LEAST_ABSOLUTE:
        return idle, sum(w * abs(x - q) for x, q, w, _ in cells), sum(w * (x - q) ** 2 for x, q, w, _ in cells)
    if instance.fairness is Fairness.GEOMETRIC:
        return (
            idle,
            sum(m**2 for x, _, _, m in cells if not x),
            sum(w * Fraction(m**2) / x for x, _, w, m in cells if x),
        )
    tiny = Fraction(1, 10**12)
    return idle, sorted((m / (x or tiny) for x, _, _, m in cells), reverse=True)


def preference(instance, steps):
    """Smaller is better: objective, steps moved, then more to the larger need, then to the smaller lot."""

    def place(t):
        text = instance.lot_seed + "\n" + instance.units[t]
        return -instance.need[t], hashlib.sha256(text.encode()).digest()

    moved = sum(abs(x - c) for x, c in zip(steps, instance.current, strict=True)) if instance.current else 0
    return unfairness(instance, steps), moved, [-steps[t] for t in sorted(range(len(steps)), key=place)]
