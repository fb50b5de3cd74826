"""How many observations a work-sampling survey (random moments) needs."""

from math import ceil


def sample_size(p: float, half_width: float, t: float, population: float | None = None) -> int:
    """Random moments needed to know a share of time p to ± half_width at t standard errors (Cochran 1977, §4.4).

    n0 = t² p (1 − p) / d², then n0 / (1 + (n0 − 1) / N) from a population of N moments. With t = 1, half_width is the
    standard error itself. Raises ValueError on a share outside 0…1 or a precision that is not positive.
    """
    if not (0 <= p <= 1 and half_width > 0 and t > 0 and (population is None or population >= 1)):
        raise ValueError("a sample size needs 0 ≤ p ≤ 1, a positive half width, t > 0 and a population of at least 1")
    n = t**2 * p * (1 - p) / half_width**2
    if population is not None:
        n = n / (1 + (n - 1) / population) if n > 0 else 0.0
    return max(1, ceil(n - 1e-9))
