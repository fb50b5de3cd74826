"""Statistical disclosure control: which cells of linked tables may be published. Pure: no database, no tables' names.

`protect` chooses what to withhold; `audit`, written apart, says what an attacker could still deduce and refuses;
`between_publications` adds what was published before; `choose` falls back to a coarser table.
"""

from workload.store.disclosure.auditing import Audit, Failure, audit
from workload.store.disclosure.auditing_sums import SmallSum
from workload.store.disclosure.coarser import Choice, Finer, choose
from workload.store.disclosure.history import Consequences, between_publications
from workload.store.disclosure.protection import Protection, UnprotectableError, protect
from workload.store.disclosure.rules import Rules, sensitive
from workload.store.disclosure.tables import Cell, CellFacts, Demand, Equation, LinkedTables

__all__ = [
    "Audit",
    "Cell",
    "CellFacts",
    "Choice",
    "Consequences",
    "Demand",
    "Equation",
    "Failure",
    "Finer",
    "LinkedTables",
    "Protection",
    "Rules",
    "SmallSum",
    "UnprotectableError",
    "audit",
    "between_publications",
    "choose",
    "protect",
    "sensitive",
]
