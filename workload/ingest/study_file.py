"""etude.yaml: the choices of a study. French keys, because people write it; checked whole before anything is read."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from workload.errors import InputError, Issue
from workload.ingest.study_parts import (
    AvailableTime,
    ExpertWeight,
    IndividualAllowance,
    NotingError,
    Part,
    SupportTime,
    TaskTransfer,
    check_staffing,
)
from workload.ingest.study_rules import KEY as RULES
from workload.ingest.study_rules import NEED_CELLS, Rules, YesNo, rule_issues
from workload.ingest.values import shown
from workload.parameters import SUPPORT_DOMAIN, taxonomies, taxonomy

FILE = "etude.yaml"


class Domain(Part):
    indicators: dict[str, ExpertWeight | None] = Field(alias="indicateurs", min_length=1)


class Mission(Part):
    name: str = Field(alias="nom")
    professions: tuple[str, ...] = Field(min_length=1)
    domains: dict[str, Domain] = Field(alias="domaines", min_length=1)


class Campaign(Part):
    start: date = Field(alias="debut")
    end: date = Field(alias="fin")

    @model_validator(mode="after")
    def _in_order(self) -> "Campaign":
        if self.end < self.start:
            raise ValueError("fin avant debut")
        return self


class Caseload(Part):
    """The most active files that one full-time worker may carry."""

    indicators: tuple[str, ...] = Field(alias="indicateurs", min_length=1)
    mission: str
    files_per_fte: float = Field(alias="dossiers_par_etp", ge=0.1, le=1e5)
    source: str
    share_overload: YesNo = Field(default=False, alias="partager_la_surcharge")  # the ceiling is a rule of the posts


class Imputation(Part):
    """A declared way to fill a missing count: in proportion to another indicator."""

    proxy: str = Field(alias="proportionnel_a")
    total: str = Field(default="", alias="total_de")  # an indicator published for the département alone


class PlanTerms(Part):
    """The years of a plan and what it must keep to, in posts."""

    years_n: int = Field(default=3, alias="annees", ge=1, le=5)
    occupied_allowed: YesNo = Field(default=False, alias="postes_occupes")
    yearly_total: float | None = Field(default=None, alias="par_an", ge=0, le=1e6)
    yearly_by_territory: float | None = Field(default=None, alias="par_an_et_territoire", ge=0, le=1e6)
    departure_rate: float | None = Field(default=None, alias="taux_de_depart", ge=0, lt=1)


class StudyFile(Part):
    title: str = Field(alias="etude")
    department: str = Field(alias="departement", pattern=r"^(\d{2,3}|2[AB])$")
    day: date = Field(alias="date")
    simulated: bool = Field(default=False, alias="simule")
    notice: str = Field(default="", alias="avertissement")
    taxonomy: str = Field(alias="taxonomie")
    campaign: Campaign | None = Field(default=None, alias="campagne")
    seed: int = Field(alias="graine", ge=0)
    step: float = Field(default=0.5, alias="pas", gt=0, le=1)
    fairness: str = Field(default="least-squares", alias="equite")
    main_mission: str = Field(alias="mission_principale")
    missions: dict[str, Mission] = Field(min_length=1)
    rules: Rules = Field(default=Rules(), alias="regles")
    caseloads: tuple[Caseload, ...] = Field(default=(), alias="plafonds")
    imputations: dict[str, Imputation] = Field(default_factory=dict, alias="donnees_manquantes")
    deducted_hours: float | None = Field(default=None, alias="heures_deduites", ge=0)
    available_time: dict[str, AvailableTime] = Field(default_factory=dict, alias="temps_disponible")
    support_time: dict[str, SupportTime] = Field(default_factory=dict, alias="temps_de_soutien")
    allowances: tuple[IndividualAllowance, ...] = Field(default=(), alias="allocations_individuelles")
    transfers: tuple[TaskTransfer, ...] = Field(default=(), alias="transferts_de_taches")
    seasonal_variation: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, alias="variance_saisonniere"
    )
    internal_indicators: Literal["comparaison", "inclus"] = Field(default="comparaison", alias="indicateurs_internes")
    plan: PlanTerms = Field(default=PlanTerms(), alias="echeancier")
    noting_error: NotingError | None = Field(default=None, alias="erreur_de_releve")

    @model_validator(mode="after")
    def _known_names(self) -> "StudyFile":
        if self.main_mission not in self.missions:
            raise ValueError(f"mission_principale : « {self.main_mission} » n’est pas dans missions")
        if self.taxonomy not in taxonomies():
            raise ValueError(f"taxonomie : « {self.taxonomy} » inconnue ({', '.join(taxonomies())})")
        domains = taxonomy(self.taxonomy).domains
        for code, mission in self.missions.items():
            for domain in mission.domains:
                if domain not in domains or domain == SUPPORT_DOMAIN:
                    raise ValueError(f"missions.{code}.domaines : « {domain} » n’est pas un domaine de {self.taxonomy}")
        for caseload in self.caseloads:
            if caseload.mission not in self.missions:
                raise ValueError(f"plafonds : mission « {caseload.mission} » inconnue")
        check_staffing(self, taxonomy(self.taxonomy))
        return self


_Choices = TypeVar("_Choices", bound=Part)


def read_study_file(folder: Path, changes: Mapping[str, Any] | None = None) -> StudyFile:
    """The checked choices, with a scenario's changes laid over them. Raises InputError with the dotted key as cell for
    every wrong entry."""
    study = read_choices(folder / FILE, FILE, StudyFile, changes)
    if issues := rule_issues(study.rules, study.missions, study.step, FILE):
        raise InputError(issues)
    return study


def read_choices(path: Path, file: str, kind: type[_Choices], changes: Mapping[str, Any] | None = None) -> _Choices:
    """A YAML file of choices, checked whole. Raises InputError with the dotted key as cell for every wrong entry."""
    if not path.is_file():
        raise InputError([Issue("missing_file", file)])
    try:
        raw: Any = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f"ligne {line + 1}"
        raise InputError([Issue("yaml_syntax", file, cell=where)]) from error
    if not isinstance(raw, dict):
        raise InputError([Issue("yaml_syntax", file)])
    raw = laid_over(raw, changes or {})
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError([_issue(found, raw, file) for found in error.errors()]) from error


def laid_over(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` with `changes`: sections are merged, anything else is replaced, and an empty value takes the key away."""
    merged = dict(raw)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged


_CODES = {"missing": "study_key_missing", "extra_forbidden": "study_key_unknown", "value_error": "study_value_refused"}


def _issue(found: Any, raw: Any, file: str) -> Issue:
    key, kind = _written(found["loc"], raw), found["type"]
    if kind.startswith("study_"):
        return Issue(kind, file, cell=key)
    if kind == "extra_forbidden" and key in {f"{RULES}.{name}" for name in NEED_CELLS}:
        return Issue("study_rule_needs_cells", file, cell=key)
    code = _CODES.get(kind, "study_value_wrong")
    value = "" if isinstance(found["input"], dict | list) else shown(found["input"])
    detail = str(found.get("ctx", {}).get("error", "")) if code == "study_value_refused" else ""
    return Issue(code, file, cell=key, value=value, params={"detail": detail})


def _written(place: tuple[int | str, ...], raw: Any) -> str:
    """The dotted key as far as the person wrote it: one number for all is read as a list of one."""
    parts = []
    for part in place:
        if not isinstance(raw, dict | list):
            break
        if isinstance(raw, dict) and isinstance(part, int):
            part = list(raw)[part]
        parts.append(str(part))
        raw = raw.get(part) if isinstance(raw, dict) else raw[int(part)]
    return ".".join(parts)
