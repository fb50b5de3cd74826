"""Simulated counts per commune whose département totals are the declared ones, to the unit."""

import numpy as np
import pandas as pd

from sample.scenario import Scenario


def simulate_counts(communes: pd.DataFrame, scenario: Scenario, rng: np.random.Generator) -> pd.DataFrame:
    """Whole numbers, commune × indicator: population × poverty^a × size^b × chance."""
    population = communes["population"].to_numpy(dtype="float64")
    size = np.maximum(population, 30) / 1_000
    poverty = communes["territory_name"].map(scenario.poverty).to_numpy() * rng.lognormal(0, 0.30, len(communes))
    columns = {}
    for name, spec in scenario.indicators.items():
        rate = poverty**spec.poverty * size**spec.town * rng.lognormal(0, 0.10, len(communes))
        columns[name] = whole_numbers(population * rate, spec.total)
    return pd.DataFrame(columns, index=pd.Index(communes["commune"], name="commune"))


def simulate_series(counts: pd.DataFrame, scenario: Scenario, rng: np.random.Generator) -> pd.DataFrame:
    """Earlier years of the scenario's series, columns `indicator_year`: today's counts, a little of chance, the total
    of the year."""
    columns = {}
    for name, years in scenario.series.items():
        now = counts[name].to_numpy(dtype="float64")
        for year, factor in years.items():
            rate = (now + 0.2) * rng.lognormal(0, 0.08, len(now))
            columns[f"{name}_{year}"] = whole_numbers(rate, round(now.sum() * factor))
    return pd.DataFrame(columns, index=counts.index)


def whole_numbers(weights: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to weights, adding exactly to the total: largest remainders."""
    quota = weights / weights.sum() * total
    whole = np.floor(quota).astype(int)
    whole[np.argsort(whole - quota, kind="stable")[: total - whole.sum()]] += 1
    return whole
