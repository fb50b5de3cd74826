"""The multinomial quasi-likelihood with one profiled supply level per group of areas: value, score, information."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workload.models.ratio import Floats

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Design:
    """X: (S, P) units of each component per area over its département total; domain: (P,) codes 0..D−1."""

    X: Floats
    domain: NDArray[np.int64]

    @property
    def domains_n(self) -> int:
        return int(self.domain.max()) + 1 if len(self.domain) else 0


class QuasiLikelihood:
    """Σ_g [Σ_{s∈g,d} y_sd log η_sd − Y_g log η_g] for B draws of y (B, S, D) and η (B, S, D) at once.

    level: (S,) codes of the areas that share one supply level; each its own when None.
    """

    __slots__ = ("_blocks", "_group_pairs", "_group_units", "_inside", "_member", "_pairs", "design")

    def __init__(self, design: Design, level: NDArray[np.int64] | None = None) -> None:
        X = design.X
        self.design = design
        self._inside = [np.flatnonzero(design.domain == d) for d in range(design.domains_n)]
        self._blocks = [np.ascontiguousarray(X[:, inside]) for inside in self._inside]
        self._pairs = [_products(block) for block in self._blocks]
        self._member: Floats | None = None  # (S, G)
        if level is not None:
            self._member = (level[:, None] == np.unique(level)[None, :]).astype("float64")
        self._group_units = X if self._member is None else self._member.T @ X  # (G, P)
        self._group_pairs = _products(self._group_units)

    def domain_minutes(self, theta: Floats) -> Floats:
        """η: (B, S, D) fitted need by area and domain at the common level, for θ (B, P)."""
        eta = np.empty((len(theta), len(self.design.X), self.design.domains_n))
        for d, (inside, block) in enumerate(zip(self._inside, self._blocks, strict=True)):
            eta[:, :, d] = theta[:, inside] @ block.T
        return eta

    def value(self, y: Floats, eta: Floats) -> Floats:
        """(B,); −inf where η is zero under some minutes."""
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.where(y > 0, y * np.log(eta), 0.0).reshape(len(y), -1).sum(axis=1)
            total = self.by_group(all_domains(y))
            level = np.where(total > 0, total * np.log(self.by_group(all_domains(eta))), 0.0)
        found: Floats = inner - level.sum(axis=1)
        return found

    def gradient(self, y: Floats, eta: Floats) -> Floats:
        """(B, P) score: Σ_sd X_sp y_sd/η_sd − Σ_g X_gp Y_g/η_g."""
        g: Floats = -(self.level(y, eta) @ self._group_units)
        for d, (inside, block) in enumerate(zip(self._inside, self._blocks, strict=True)):
            g[:, inside] += ratio(y[:, :, d], eta[:, :, d]) @ block
        return g

    def information(self, y: Floats, eta: Floats) -> Floats:
        """(B, P, P) expected: Σ_s X_sp X_sq Y_g/η_g (1[same domain]/η_sd) − Σ_g X_gp X_gq Y_g/η_g²."""
        B, P = len(y), self.design.X.shape[1]
        group_eta = self.by_group(all_domains(eta))
        lost = ratio(self.level(y, eta), group_eta) @ self._group_pairs
        return self.information_at_known_supply(y, eta) - lost.reshape(B, P, P)

    def information_at_known_supply(self, y: Floats, eta: Floats) -> Floats:
        """(B, P, P) what the minutes would say were the supply levels known; nothing across domains."""
        B, P = len(y), self.design.X.shape[1]
        level = self.level(y, eta)
        by_area = level if self._member is None else level @ self._member.T
        found = np.zeros((B, P, P))
        for d, (inside, pairs) in enumerate(zip(self._inside, self._pairs, strict=True)):
            block = ratio(by_area, eta[:, :, d]) @ pairs
            found[:, inside[:, None], inside] = block.reshape(B, len(inside), len(inside))
        return found

    def level(self, y: Floats, eta: Floats) -> Floats:
        """(B, G) e^u: minutes over fitted need, by group."""
        return ratio(self.by_group(all_domains(y)), self.by_group(all_domains(eta)))

    def by_group(self, by_area: Floats) -> Floats:
        """(B, S) → (B, G)."""
        return by_area if self._member is None else by_area @ self._member


def _products(X: Floats) -> Floats:
    """(S, P) → (S, P²): x_p x_q of each row."""
    return (X[:, :, None] * X[:, None, :]).reshape(len(X), -1)


def all_domains(minutes: Floats) -> Floats:
    """(B, S, D) → (B, S); several times faster than a sum over a short last axis."""
    return np.asarray(minutes @ np.ones(minutes.shape[2]), dtype="float64")


def ratio(a: Floats, b: Floats) -> Floats:
    """a/b, zero where b is."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > TINY)
