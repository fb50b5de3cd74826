"""Many non-negative fits of one quadratic: all draws of a score bootstrap solved against one information matrix.

Draws that keep the same components above zero share one solve: the combinatorial idea of van Benthem & Keenan (2004),
with the block pivoting of Portugal, Júdice & Vicente (1994) and Murty's rule when blocks cycle.
"""

import numpy as np
from numpy.typing import NDArray

from workload.models.ratio import Floats

BLOCK_PIVOTS = 12
PIVOTS = 400


def sum_zero_inverse(H: Floats) -> Floats:
    """(P, P) K with d = K g the maximiser of g'd − d'Hd/2 on Σd = 0; H positive definite there.

    Columns are scaled to a unit diagonal first: the condition number is that of the correlations, not of the units.
    """
    scale = 1 / np.sqrt(np.diag(H))
    ones = scale / np.linalg.norm(scale)
    basis = np.linalg.qr(ones[:, None], mode="complete")[0][:, 1:]  # orthogonal to the scaled ones
    inner = basis.T @ (H * scale[:, None] * scale[None, :]) @ basis
    found: Floats = scale[:, None] * (basis @ np.linalg.solve(inner, basis.T)) * scale[None, :]
    return found


def nonnegative_shares(H: Floats, g: Floats, theta: Floats) -> Floats:
    """(B, P) x = θ + d ≥ 0, Σx = Σθ, each maximising g'd − d'Hd/2. H: (P, P); g: (B, P); θ: (P,), not negative."""
    x = theta + g @ sum_zero_inverse(H)
    rows = np.flatnonzero((x < 0).any(axis=1))
    if not len(rows):
        return x
    free = np.ones((len(rows), len(theta)), dtype=bool)
    found, slack = x[rows], np.zeros((len(rows), len(theta)))
    wrong = found < 0
    for round_n in range(PIVOTS):
        open_rows = np.flatnonzero(wrong.any(axis=1))
        if not len(open_rows):
            break
        turned = wrong[open_rows] if round_n < BLOCK_PIVOTS else _last_only(wrong[open_rows])
        free[open_rows] ^= turned
        found[open_rows], slack[open_rows] = _solve_on(H, g[rows[open_rows]], theta, free[open_rows])
        wrong[open_rows] = np.where(free[open_rows], found[open_rows] < 0, slack[open_rows] < 0)
    x[rows] = np.maximum(found, 0.0)
    return x


def _last_only(wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Murty's rule: of the components on the wrong side only the last changes sides."""
    last = wrong.shape[1] - 1 - np.argmax(wrong[:, ::-1], axis=1)
    only = np.zeros_like(wrong)
    only[np.arange(len(wrong)), last] = True
    return only


def _solve_on(H: Floats, g: Floats, theta: Floats, free: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Shares with all but the free components at zero, and the multipliers of those at zero: one solve per pattern."""
    x, slack = np.zeros_like(g), np.zeros_like(g)
    patterns, which = np.unique(np.packbits(free, axis=1), axis=0, return_inverse=True)
    keep = np.unpackbits(patterns, axis=1, count=free.shape[1]).astype(bool)
    tolerance = 1e-12 * np.abs(g).max()
    for k, on in enumerate(keep):
        rows = np.flatnonzero(which.ravel() == k)
        inside, outside = np.flatnonzero(on), np.flatnonzero(~on)
        target = g[rows] + theta @ H  # the gradient at x = 0
        block = H[np.ix_(inside, inside)]
        start = np.zeros(len(inside))
        start[0] = theta.sum()
        held = start + (target[:, inside] - start @ block) @ sum_zero_inverse(block) if len(inside) > 1 else start
        x[rows[:, None], inside] = held
        gradient = target - x[rows] @ H
        level = gradient[:, inside].mean(axis=1, keepdims=True)
        excess = level - gradient[:, outside]
        slack[rows[:, None], outside] = np.where(np.abs(excess) <= tolerance, 0.0, excess)
    return x, slack
