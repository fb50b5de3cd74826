"""The scenario form ↔ what a scenario changes of etude.yaml. Only what differs from the study is a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workload.allocation.instance import Fairness
from workload.ingest.scenario_file import ScenarioFile
from workload.ingest.study_file import StudyFile, read_study_file
from workload.ingest.study_rules import PostLimit
from workload.ingest.values import parse_number
from workload.web.studies import StudyView

STEPS = ("1", "0.5", "0.1")
SEPARATOR = "|"
TRANSFERS = 2  # lines of the form


@dataclass(frozen=True, slots=True)
class Form:
    """What the page shows in each field, by its name; lists for its choices."""

    values: Mapping[str, str]
    fairness: tuple[str, ...] = tuple(kind.value for kind in Fairness)
    steps: tuple[str, ...] = STEPS
    errors: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()  # names of fields that hold no number
    transfers: range = range(TRANSFERS)


@dataclass(frozen=True, slots=True)
class Weight:
    """One line of the table of expert weights."""

    name: str  # of the field
    mission: str
    domain: str
    indicator: str


@dataclass(slots=True)
class _Reading:
    """Numbers of a form, and the fields (name → text) that hold none."""

    given: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        text = self.given.get(name, "").strip()
        if not text:
            return None
        try:
            return parse_number(text)
        except ValueError:
            self.wrong[name] = text
            return None


def form_of(study: StudyView, settings: StudyFile, title: str = "", description: str = "") -> Form:
    """The fields as these settings fill them."""
    rules = settings.rules
    values = {
        "titre": title,
        "description": description,
        "equite": settings.fairness,
        "pas": f"{settings.step:g}",
        "indicateurs_internes": settings.internal_indicators,
        "deplacement_maximal": _text(rules.largest_change),
        "presence_minimale": _text(rules.minimum_presence),
        "annees": str(settings.plan.years_n),
        "par_an": _text(settings.plan.yearly_total),
        "taux_de_depart": _text(settings.plan.departure_rate),
        "tirages": "400",
    }
    for territory in study.territories:
        values[f"plafond{SEPARATOR}{territory}"] = _text(rules.ceilings.get(territory))
        values[f"plancher{SEPARATOR}{territory}"] = _text(_own(rules.minimum_presences, territory))
    for k, caseload in enumerate(settings.caseloads):
        values[f"dossiers{SEPARATOR}{k}"] = _text(caseload.files_per_fte)
        values[f"surcharge{SEPARATOR}{k}"] = "oui" if caseload.share_overload else ""
    for k, transfer in enumerate(settings.transfers[:TRANSFERS]):
        values |= {
            f"transfert_mission{SEPARATOR}{k}": transfer.mission,
            f"transfert_activite{SEPARATOR}{k}": transfer.target,
            f"transfert_de{SEPARATOR}{k}": transfer.giver,
            f"transfert_vers{SEPARATOR}{k}": transfer.taker,
            f"transfert_part{SEPARATOR}{k}": _text(100 * transfer.share),
        }
    for mission_id, mission in settings.missions.items():
        for domain, of in mission.domains.items():
            for indicator, weight in of.indicators.items():
                name = SEPARATOR.join(("poids", mission_id, domain, indicator))
                values[name] = _text(weight.minutes if weight else None)
    return Form(values)


def weights_of(study: StudyView) -> list[Weight]:
    """Every expert weight of the study, as the form names it."""
    settings, domains = study.register.settings, study.register.taxonomy.domains
    return [
        Weight(SEPARATOR.join(("poids", id, domain, indicator)), mission.name, domains[domain], indicator)
        for id, mission in settings.missions.items()
        for domain, of in mission.domains.items()
        for indicator in of.indicators
    ]


def asked_of(study: StudyView, given: Mapping[str, str]) -> tuple[ScenarioFile, dict[str, str]]:
    """The scenario that a form asks for, and the fields (name → text) that should hold numbers and do not.

    Raises InputError where the choices cannot hold together, pydantic's ValidationError for an empty title.
    """
    reading = _Reading(given)
    before = form_of(study, study.register.settings).values
    changed = {name for name in before if given.get(name, before[name]).strip() != before[name]}
    changes = _changes(study, reading, changed)
    asked = ScenarioFile.model_validate(
        {"titre": given.get("titre", "").strip(), "description": given.get("description", "").strip(), "choix": changes}
    )
    if not reading.wrong:
        read_study_file(study.home.folder, asked.choices)
    return asked, reading.wrong


def _changes(study: StudyView, reading: _Reading, changed: set[str]) -> dict[str, Any]:
    settings = study.register.settings
    found: dict[str, Any] = {}
    for name in ("equite", "indicateurs_internes"):
        if name in changed:
            found[name] = reading.given[name]
    if "pas" in changed:
        found["pas"] = reading.number("pas")
    rules: dict[str, Any] = {}
    if "deplacement_maximal" in changed:
        rules["deplacement_maximal"] = reading.number("deplacement_maximal")
    if any(name.startswith(("presence_minimale", f"plancher{SEPARATOR}")) for name in changed):
        rules["presence_minimale"] = _limits(study, reading, "plancher", reading.number("presence_minimale"))
    if any(name.startswith(f"plafond{SEPARATOR}") for name in changed):
        rules["plafond_par_territoire"] = _limits(study, reading, "plafond", None)
    if rules:
        found["regles"] = rules
    if any(name.startswith((f"dossiers{SEPARATOR}", f"surcharge{SEPARATOR}")) for name in changed):
        found["plafonds"] = [
            caseload.model_dump(by_alias=True)
            | {
                "dossiers_par_etp": reading.number(f"dossiers{SEPARATOR}{k}") or caseload.files_per_fte,
                "partager_la_surcharge": bool(reading.given.get(f"surcharge{SEPARATOR}{k}")),
                "indicateurs": list(caseload.indicators),
            }
            for k, caseload in enumerate(settings.caseloads)
        ]
    if any(name.startswith("transfert_") for name in (*changed, *(n for n in reading.given if reading.given[n]))):
        found |= _transfers(reading, settings)
    plan: dict[str, float | None] = {
        name: reading.number(name) for name in ("par_an", "taux_de_depart") if name in changed
    }
    if "annees" in changed:
        plan["annees"] = reading.number("annees")
    if plan:
        found["echeancier"] = {name: int(n) if name == "annees" and n else n for name, n in plan.items()}
    for name in sorted(n for n in changed if n.startswith(f"poids{SEPARATOR}")):
        _, mission, domain, indicator = name.split(SEPARATOR)
        minutes = reading.number(name)
        if minutes is not None:
            of = found.setdefault("missions", {}).setdefault(mission, {}).setdefault("domaines", {})
            of.setdefault(domain, {}).setdefault("indicateurs", {})[indicator] = {"minutes": minutes}
    return found


def _limits(study: StudyView, reading: _Reading, name: str, for_all: float | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [] if for_all is None else [{"postes": for_all}]
    for territory in study.territories:
        posts = reading.number(f"{name}{SEPARATOR}{territory}")
        if posts is not None:
            found.append({"territoire": territory, "postes": posts})
    return found


def _transfers(reading: _Reading, settings: StudyFile) -> dict[str, Any]:
    lines = []
    for k in range(TRANSFERS):
        line = {
            part: reading.given.get(f"transfert_{part}{SEPARATOR}{k}", "")
            for part in ("mission", "activite", "de", "vers")
        }
        share = reading.number(f"transfert_part{SEPARATOR}{k}")
        if line["activite"] and share:
            lines.append(line | {"part": share / 100})
    told = [t.model_dump(by_alias=True) for t in settings.transfers[TRANSFERS:]]
    before = [
        {"mission": t.mission, "activite": t.target, "de": t.giver, "vers": t.taker, "part": t.share}
        for t in settings.transfers[:TRANSFERS]
    ]
    return {} if lines == before else {"transferts_de_taches": [*lines, *told]}


def _own(limits: tuple[PostLimit, ...], territory: str) -> float | None:
    return next((limit.posts for limit in limits if limit.territory == territory and not limit.mission), None)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}".replace(".", ",")
