"""What anybody can compute again from what is published: need, posts and ledger, under the same engine. Pure.

basis = basis_of(result, closed)              # plain JSON, mission → what it takes
recount(basis["polyvalence"])                 # the same need, posts and exact fractions
recount(basis["polyvalence"], changes)        # the same engine under other weights, limits or fairness
"""

from workload.recount.basis import Basis, Closed, basis_of
from workload.recount.changes import Changes, changes_from, changes_to
from workload.recount.engine import recount
from workload.recount.recounted import SECRET, Recounted, Remark

__all__ = [
    "SECRET",
    "Basis",
    "Changes",
    "Closed",
    "Recounted",
    "Remark",
    "basis_of",
    "changes_from",
    "changes_to",
    "recount",
]
