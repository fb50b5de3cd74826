"""The data line and the blended line: estimate, interval and joint draws of each."""

from dataclasses import dataclass

import numpy as np

from workload.models.experts import Experts
from workload.models.lines import LineFit, by_percentile, half_width
from workload.models.observations import Observations
from workload.models.ratio import Floats
from workload.models.regression import fit
from workload.models.score import draw_shares, score_of

DRAWS_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Resample:
    """The respondents drawn again, and what turns shares of need into minutes per unit."""

    multiplier: Floats  # (draws, n) of each respondent
    level: Floats  # (draws, 1) their direct share over the estimated one
    per_unit: Floats  # (P,) minutes a year per unit for a share of 1
    confidence: float


def data_line(observed: Observations, theta: Floats, resample: Resample, rng: np.random.Generator) -> LineFit:
    """Estimate ± t·SE, cut at zero: the score bootstrap's exact variance, its draws for all that is not linear.

    theta: (P,) the fit of the observed minutes.
    """
    found = score_of(observed.design, observed.area_minutes()[0], theta)
    freedom = max(len(observed.areas) - len(theta), 1)
    per_unit, draws_n = resample.per_unit, len(resample.level)
    covariance = found.covariance + np.outer(theta, theta) * (resample.level.var() if draws_n > 1 else 0.0)
    width = half_width(covariance.diagonal(), freedom, resample.confidence)
    return LineFit(
        theta * per_unit,
        np.maximum(theta - width, 0) * per_unit,
        (theta + width) * per_unit,
        draw_shares(found, draws_n, rng) * per_unit * resample.level,
        covariance * np.outer(per_unit, per_unit),
        freedom,
    )


def blended_line(
    observed: Observations, experts: Experts, phi: float, resample: Resample, data: LineFit | None
) -> LineFit:
    """Respondents resampled, experts redrawn, every draw refitted; percentile intervals. phi: dispersion of the data.

    Lognormal draws cannot say "nothing at all": where neither the survey nor the experts' declared error excludes it,
    the interval is one-sided.
    """
    prior, precision = experts.share[None], experts.precision(phi, experts.share)
    theta = fit(observed.design, observed.area_minutes(), prior, precision).theta[0]
    draws = blended_draws(observed, experts, phi, resample.multiplier, theta)
    line = by_percentile(theta * resample.per_unit, draws * resample.per_unit * resample.level, resample.confidence)
    if data is None:
        return line
    doubted = half_width(experts.uncertainty**2, 10**6, resample.confidence) >= 1
    low = np.where((data.low == 0) & doubted, 0.0, line.low)
    return LineFit(line.minutes_per_unit, low, line.high, line.draws)


def blended_draws(observed: Observations, experts: Experts, phi: float, multiplier: Floats, theta: Floats) -> Floats:
    """(draws, P) shares of need, each draw of respondents fitted with a draw of the experts, from the estimate on."""
    found = []
    for first in range(0, len(multiplier), DRAWS_AT_ONCE):
        rows = slice(first, first + DRAWS_AT_ONCE)
        y, priors = observed.area_minutes(multiplier[rows]), experts.draws[rows]
        found.append(fit(observed.design, y, priors, experts.precision(phi, priors), start=theta).theta)
    return np.concatenate(found)
