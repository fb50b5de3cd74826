"""From respondents to posts: strata of territory × profession, merged where thin, and weights that reach the posts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.ratio import Floats
from workload.models.weighting import Margin, rake, trim

ALL = "*"
LEAST_RESPONDENTS = 2
TRIM_MEDIANS = 3.5
"""Weights above this multiple of their median are trimmed: the usual 3 to 3.5 (Potter 1990)."""


@dataclass(frozen=True, slots=True)
class WeightDesign:
    """How a mission's respondents were weighted, as counts: nothing here tells which stratum it was."""

    strata_n: int  # after merging
    merged_strata_n: int  # strata of territory × profession with too few respondents, merged with others
    raked: bool  # after merging, professions were brought back to their posts
    trimmed_n: int
    trim_medians: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """n respondents. weight: full-time posts that one full-time respondent stands for."""

    weight: Floats  # (n,)
    stratum: NDArray[np.int64]  # (n,)
    population_n: Floats  # (n,) occupied posts in the stratum
    design: WeightDesign


def weigh(
    respondents: Sequence[tuple[str, str]], quotite: Floats, register: pd.DataFrame, trim_medians: float
) -> Weighed:
    """Weights post-stratified to the full-time equivalents of territory × profession.

    Strata with fewer than two respondents are merged within their territory, then with one another. Where any were,
    weights are raked to the merged strata and to the professions. Then they are trimmed.
    respondents: (territory, profession) of each; register: the mission's posts.
    """
    keys = strata(list(respondents), register)
    label = [keys[pair] for pair in respondents]
    posts = list(zip(register["territory"], register["profession"], strict=True))
    of_post = pd.Series([keys[pair] for pair in posts], index=register.index, dtype=object)
    fte = register["fte"].astype("float64").groupby(of_post).sum()
    occupied_n = register[register["occupied"]].groupby(of_post)["post"].count()
    present = pd.Series(quotite).groupby(pd.Series(label, dtype=object)).sum()
    weight = np.array([fte.get(s, 0.0) / present[s] for s in label], dtype="float64")
    merged_n = sum(keys[pair] != f"{pair[0]}|{pair[1]}" for pair in {*respondents, *posts})
    raked = merged_n > 0 and bool(label)
    if raked:
        weight, raked = _raked(weight, quotite, label, [p for _, p in respondents], register)
    trimmed = trim(weight, trim_medians)
    codes = np.unique(np.array(label, dtype=object), return_inverse=True)[1].astype("int64")
    return Weighed(
        trimmed.weight,
        codes if label else np.zeros(0, dtype="int64"),
        np.array([max(occupied_n.get(s, 0), label.count(s)) for s in label], dtype="float64"),
        WeightDesign(len(set(label)), merged_n, raked, trimmed.trimmed_n, trim_medians),
    )


def _raked(
    weight: Floats, quotite: Floats, label: list[str], profession: list[str], register: pd.DataFrame
) -> tuple[Floats, bool]:
    """Weights raked to strata and professions, if both can be met. Professions that nobody answered for share out their
    posts over the others."""
    held = weight * quotite
    answered = sorted(set(profession))
    fte = register.groupby("profession")["fte"].sum().reindex(answered).fillna(0.0).to_numpy(dtype="float64")
    if not held.sum() > 0 or not fte.sum() > 0:
        return weight, False
    names, stratum = np.unique(np.array(label, dtype=object), return_inverse=True)
    by_stratum: Floats = np.bincount(stratum, held, len(names)).astype("float64")
    which = np.array([answered.index(p) for p in profession], dtype="int64")
    by_profession: Floats = fte * by_stratum.sum() / fte.sum()
    margins: list[Margin] = [(stratum.astype("int64"), by_stratum), (which, by_profession)]
    found = rake(held, margins, 500)
    return (found.weight / quotite, True) if found.converged else (weight, False)


def strata(respondents: list[tuple[str, str]], register: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The stratum of each territory × profession, merged until every stratum has two respondents or is the only one."""
    pairs = {*respondents, *zip(register["territory"], register["profession"], strict=True)}
    keys = {(t, p): f"{t}|{p}" for t, p in pairs}

    def small(pair: tuple[str, str]) -> bool:
        return sum(keys[r] == keys[pair] for r in respondents) < LEAST_RESPONDENTS

    for everywhere in (False, True):
        thin = {t for (t, p) in pairs if small((t, p))}
        keys |= {(t, p): ALL if everywhere else f"{t}|{ALL}" for (t, p) in pairs if t in thin}
    if any(small(pair) for pair in pairs):
        keys = dict.fromkeys(pairs, ALL)
    return keys
