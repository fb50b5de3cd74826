"""Degenerate studies: a result without NaN, or a refusal in words; never an internal error."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.test_study_folder import SAMPLE
from workload.catalogue import error_text
from workload.errors import RequestError
from workload.ingest.study import Study, read_study
from workload.models.lines import LineFit
from workload.pipeline import run

MISSION = "polyvalence"


@cache
def sample() -> Study:
    study = read_study(SAMPLE)
    one = {MISSION: study.settings.missions[MISSION]}
    settings = study.settings.model_copy(update={"missions": one, "caseloads": ()})
    return replace(
        study,
        settings=settings,
        posts=study.posts[study.posts["mission"] == MISSION],
        entries=study.entries[study.entries["mission"] == MISSION],
    )


def experts_gone(study: Study) -> Study:
    domains = {
        name: domain.model_copy(update={"indicators": dict.fromkeys(domain.indicators)})
        for name, domain in study.settings.missions[MISSION].domains.items()
    }
    mission = study.settings.missions[MISSION].model_copy(update={"domains": domains})
    return replace(study, settings=study.settings.model_copy(update={"missions": {MISSION: mission}}))


def survey_gone(study: Study) -> Study:
    return replace(study, entries=study.entries.iloc[:0], days=study.days.iloc[:0])


def counts(study: Study, **columns: Any) -> Study:
    return replace(study, counts=study.counts.assign(**columns))


def without_rules(study: Study) -> Study:
    return replace(study, settings=study.settings.model_copy(update={"rules": type(study.settings.rules)()}))


def one_territory(study: Study) -> Study:
    where = {"territory": "ensemble", "territory_name": "Ensemble du service"}
    return replace(
        without_rules(study),
        communes=study.communes.assign(**where),
        sites=study.sites.assign(territory="ensemble"),
        posts=study.posts.assign(territory="ensemble"),
        entries=study.entries.assign(territory="ensemble"),
        coverage=study.coverage.iloc[:0],
    )


def one_agent(study: Study) -> Study:
    first = study.entries["agent"].iloc[0]
    return replace(study, entries=study.entries[study.entries["agent"] == first])


def one_activity(study: Study) -> Study:
    return replace(study, entries=study.entries[study.entries["item"] == "A1"])


def nobody_moves(study: Study) -> Study:
    rules = type(study.settings.rules).model_validate({"deplacement_maximal": 0})
    return replace(study, settings=study.settings.model_copy(update={"rules": rules}))


CASES: Mapping[str, Callable[[Study], Study]] = {
    "as it is": lambda s: s,
    "no survey": survey_gone,
    "no experts": experts_gone,
    "one territory": one_territory,
    "one agent": one_agent,
    "one activity noted by all": one_activity,
    "a constant indicator": lambda s: counts(s, chomeurs=7.0),
    "two identical indicators": lambda s: counts(s, chomeurs=s.counts["rmi"]),
    "an indicator of zeros": lambda s: counts(s, chomeurs=0.0),
    "nobody may move": nobody_moves,
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_result_without_nan(case: Callable[[Study], Study]) -> None:
    result = run(case(sample()), 10)
    mission = result.main
    assert sum(x.final for x in mission.justification.ledgers) == sum(x.current for x in mission.justification.ledgers)
    for ledger in mission.justification.ledgers:
        assert ledger.current + sum((row.posts for row in ledger.rows), Fraction(0)) == ledger.final
    for part in (mission.checks, mission.reasons, mission.need, mission.fit.lines, result.reading, result.profiles):
        assert not list(_not_numbers(part, type(part).__name__))


REFUSED: Mapping[str, tuple[Callable[[Study], Study], str]] = {
    "all zero": (lambda s: replace(s, counts=s.counts * 0, communes=s.communes.assign(population=0.0)), "Polyvalence"),
    "neither survey nor experts": (lambda s: survey_gone(experts_gone(s)), "ni enquête"),
    "identical indicators, no experts": (lambda s: experts_gone(counts(s, chomeurs=s.counts["rmi"])), "chomeurs, rmi"),
    "zeros, no experts": (lambda s: experts_gone(counts(s, chomeurs=0.0)), "chomeurs"),
    "no posts": (lambda s: replace(without_rules(s), posts=s.posts.iloc[:0], entries=s.entries.iloc[:0]), "poste"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
def test_a_refusal_in_words(case: tuple[Callable[[Study], Study], str]) -> None:
    edit, said = case
    with pytest.raises(RequestError) as refused:
        run(edit(sample()), 10)
    assert said in error_text(refused.value)


def _not_numbers(part: Any, path: str) -> Any:
    """Paths of NaN and infinities inside results, whatever they are made of; missing (None, NA) is allowed."""
    if isinstance(part, float | np.floating):
        if not np.isfinite(part):
            yield path
    elif isinstance(part, np.ndarray):
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            yield path
    elif isinstance(part, pd.DataFrame):
        for name in part.columns:
            yield from _not_numbers(part[name].dropna().to_numpy(), f"{path}.{name}")
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _not_numbers(value, f"{path}[{key}]")
    elif isinstance(part, LineFit) or (dataclasses.is_dataclass(part) and not isinstance(part, Enum | type)):
        for field in dataclasses.fields(part):
            yield from _not_numbers(getattr(part, field.name), f"{path}.{field.name}")
    elif isinstance(part, tuple | list):
        for k, value in enumerate(part):
            yield from _not_numbers(value, f"{path}[{k}]")
