"""The finest table whose protection does not cost too much of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from workload.store.disclosure.protection import Protection, UnprotectableError, lost_shares, protect
from workload.store.disclosure.rules import Rules, sensitive
from workload.store.disclosure.tables import LinkedTables


@dataclass(frozen=True, slots=True)
class Finer:
    """A finer table that is not published, and what it would have lost. at_least: counted on the sensitive cells
    alone, which were too many already. protectable: False where public cells gave it away."""

    name: str
    lost_value_share: float
    lost_cells_share: float
    at_least: bool
    protectable: bool


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    tables: LinkedTables
    protection: Protection
    finer: tuple[Finer, ...]


def choose(candidates: Sequence[tuple[str, LinkedTables]], rules: Rules, seconds: float = 20.0) -> Choice | None:
    """candidates: from the finest to the coarsest. The first that withholds at most `rules.coarser_above` of its
    cells, else the last; None where the last cannot be protected, and nothing may be published."""
    finer: list[Finer] = []
    for k, (name, tables) in enumerate(candidates):
        last = k == len(candidates) - 1
        primaries = lost_shares(tables, frozenset(sensitive(tables, rules)))
        if primaries[1] > rules.coarser_above and not last:
            finer.append(Finer(name, *primaries, at_least=True, protectable=True))
            continue
        try:
            found = protect(tables, rules, seconds)
        except UnprotectableError:
            finer.append(Finer(name, *primaries, at_least=True, protectable=False))
            continue
        if found.lost_cells_share <= rules.coarser_above or last:
            return Choice(name, tables, found, tuple(finer))
        finer.append(Finer(name, found.lost_value_share, found.lost_cells_share, at_least=False, protectable=True))
    return None
