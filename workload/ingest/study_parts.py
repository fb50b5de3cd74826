"""Parts of etude.yaml that say what a unit takes and who does it: weights, professions, allowances, transfers."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workload.parameters import SUPPORT_DOMAIN, Taxonomy


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class NormativeMinutes(Part):
    """Minutes a year that one unit should take, in the eyes of professionals: at least, and done well."""

    minimal: float = Field(alias="minimal", ge=0, le=1e7)
    optimal: float = Field(alias="optimal", ge=0, le=1e7)

    @model_validator(mode="after")
    def _in_order(self) -> "NormativeMinutes":
        if self.optimal < self.minimal:
            raise ValueError("minutes_normatives : optimal est sous minimal")
        return self


class ExpertWeight(Part):
    """Minutes a year that one unit of an indicator brings, as the experts see it, and how unsure they are."""

    minutes: float | None = Field(default=None, ge=1e-6, le=1e7)
    uncertainty: float | None = Field(default=None, alias="incertitude", ge=0.01, le=2)
    normative: NormativeMinutes | None = Field(default=None, alias="minutes_normatives")

    @model_validator(mode="before")
    @classmethod
    def _one_figure_for_both(cls, raw: Any) -> Any:
        single = raw.get("minutes_normatives") if isinstance(raw, dict) else None
        if isinstance(single, int | float) and not isinstance(single, bool):
            return {**raw, "minutes_normatives": {"minimal": single, "optimal": single}}
        return raw

    @model_validator(mode="after")
    def _says_something(self) -> "ExpertWeight":
        if self.minutes is None and self.normative is None:
            raise ValueError("minutes ou minutes_normatives attendu ; sans avis d’expert, écrivez null")
        return self


class AvailableTime(Part):
    """What one profession's year loses before any case is seen, beyond what everybody's loses."""

    deducted_hours: float = Field(alias="heures_deduites", ge=0, le=1600)
    source: str = Field(min_length=1)


class SupportTime(Part):
    """Share of a profession's time that serves no person directly, where it is declared rather than measured."""

    share: float = Field(alias="part", ge=0, le=0.9)
    source: str = Field(min_length=1)


class IndividualAllowance(Part):
    """Time of named functions, in posts: union time, tutoring. It is need of its territory, outside any indicator."""

    territory: str = Field(alias="territoire")
    mission: str
    profession: str
    fte: float = Field(alias="etp", ge=0, le=1e4)
    reason: str = Field(alias="motif", min_length=1)


class TaskTransfer(Part):
    """A scenario: part of an activity, or of a whole domain, goes from one profession to another."""

    mission: str
    target: str = Field(alias="activite")  # code of an item, or of a domain
    giver: str = Field(alias="de")
    taker: str = Field(alias="vers")
    share: float = Field(alias="part", ge=0, le=1)
    minutes_per_minute: float = Field(default=1.0, alias="minutes_par_minute", gt=0, le=10)


class NotingError(Part):
    """Share of minutes noted under the wrong item, as the survey's own checks or a second noting showed it."""

    share: float = Field(alias="part", ge=0, le=0.4)
    source: str = Field(min_length=1)


class _HasDomains(Protocol):
    @property
    def professions(self) -> tuple[str, ...]: ...

    @property
    def domains(self) -> Mapping[str, object]: ...


class Staffed(Protocol):
    """What the check below needs of a study."""

    @property
    def missions(self) -> Mapping[str, _HasDomains]: ...

    @property
    def available_time(self) -> Mapping[str, AvailableTime]: ...

    @property
    def support_time(self) -> Mapping[str, SupportTime]: ...

    @property
    def allowances(self) -> tuple[IndividualAllowance, ...]: ...

    @property
    def transfers(self) -> tuple[TaskTransfer, ...]: ...

    @property
    def seasonal_variation(self) -> Mapping[str, float]: ...


def check_staffing(study: Staffed, items: Taxonomy) -> None:
    """Names inside the keys on professions, activities and seasons. Raises ValueError in the reader's words."""
    professions = {p for mission in study.missions.values() for p in mission.professions}
    named = [("temps_disponible", p) for p in study.available_time]
    named += [("temps_de_soutien", p) for p in study.support_time]
    named += [("allocations_individuelles", a.profession) for a in study.allowances]
    named += [("transferts_de_taches", t.giver) for t in study.transfers]
    for key, profession in named:
        if profession not in professions:
            raise ValueError(f"{key} : profession « {profession} » dans aucune mission")
    named = [("allocations_individuelles", a.mission) for a in study.allowances]
    named += [("transferts_de_taches", t.mission) for t in study.transfers]
    for key, mission in named:
        if mission not in study.missions:
            raise ValueError(f"{key} : mission « {mission} » inconnue")
    for shift in study.transfers:
        if shift.giver not in study.missions[shift.mission].professions:
            raise ValueError(f"transferts_de_taches : « {shift.giver} » n’est pas une profession de {shift.mission}")
        if shift.giver == shift.taker:
            raise ValueError("transferts_de_taches : « de » et « vers » sont la même profession")
        item = items.item(shift.target)
        domain = item.domain if item else shift.target
        if domain not in {*study.missions[shift.mission].domains, SUPPORT_DOMAIN}:
            raise ValueError(f"transferts_de_taches : « {shift.target} » n’est ni une activité ni un domaine déclaré")
    for domain in study.seasonal_variation:
        if not any(domain in mission.domains for mission in study.missions.values()):
            raise ValueError(f"variance_saisonniere : domaine « {domain} » dans aucune mission")
