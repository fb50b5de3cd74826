"""Bootstrap of the non-negative fit, all draws at once, beside a loop of ordinary least squares with statsmodels."""

import numpy as np
import statsmodels.api as sm

from benchmarks.timing import Row, compare
from workload.models.regression import Design, fit

AREAS, COMPONENTS, DOMAINS, DRAWS = 157, 16, 6, 200


def rows() -> list[Row]:
    rng = np.random.default_rng(0)
    X = rng.lognormal(0, 0.5, (AREAS, COMPONENTS))
    design = Design(X / X.sum(axis=0), np.arange(COMPONENTS) % DOMAINS)
    theta = rng.dirichlet(np.full(COMPONENTS, 3.0))
    eta = np.stack([design.X[:, design.domain == d] @ theta[design.domain == d] for d in range(DOMAINS)], axis=1)
    y = 1e7 * eta * rng.lognormal(0, 0.3, (DRAWS, AREAS, DOMAINS))
    blocks = np.zeros((AREAS, DOMAINS, COMPONENTS))
    for p, d in enumerate(design.domain):
        blocks[:, d, p] = design.X[:, p]
    flat = blocks.reshape(-1, COMPONENTS)

    def peer() -> None:
        for draw in y:
            sm.OLS(draw.ravel(), flat).fit(method="qr")

    return [
        compare(
            f"{DRAWS} non-negative refits, {AREAS} areas × {COMPONENTS} components",
            lambda: fit(design, y),
            "statsmodels OLS in a loop (no constraint, no supply level)",
            peer,
            repeats=3,
        )
    ]
