"""`regles` of etude.yaml: limits for all, for one mission, for one territory; decisions taken; locked posts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from workload.errors import Issue
from workload.ingest.study_parts import IndividualAllowance, Part
from workload.ingest.tables import did_you_mean
from workload.ingest.values import slug
from workload.units import exact

KEY, ALLOWANCES = "regles", "allocations_individuelles"
# Rules about professions and sites, which a mission's territories do not tell apart.
NEED_CELLS = ("minimum_par_site", "au_moins_un", "rapports", "totaux", "substitutions")
_YES_NO = {"oui": True, "non": False}


def _yes_no(raw: Any) -> Any:
    """YAML 1.1 reads `yes` as true and leaves `oui` a word."""
    return _YES_NO.get(raw.strip().lower(), raw) if isinstance(raw, str) else raw


YesNo = Annotated[bool, BeforeValidator(_yes_no)]


class Limit(Part):
    """Where a figure holds: everywhere, in one mission, in one territory, or in one mission of one territory."""

    territory: str | None = Field(default=None, alias="territoire")
    mission: str | None = None


class PostLimit(Limit):
    posts: float = Field(alias="postes", ge=0, le=1e6)


class PercentLimit(Limit):
    percent: int = Field(alias="pourcent", ge=0, le=1000)


class Decision(Part):
    """What is settled beforehand: the posts of a territory in a mission, or by how many they change."""

    territory: str = Field(alias="territoire")
    mission: str
    change: float | None = Field(default=None, alias="changement", ge=-1e6, le=1e6)
    posts: float | None = Field(default=None, alias="postes", ge=0, le=1e6)

    @model_validator(mode="after")
    def _one_of_both(self) -> "Decision":
        if (self.change is None) == (self.posts is None):
            raise PydanticCustomError("study_decision_one_of", "change or posts")
        return self


def _posts(raw: Any) -> Any:
    """One number alone holds everywhere."""
    return listed(raw, "postes")


def _percents(raw: Any) -> Any:
    return listed(raw, "pourcent")


def listed(raw: Any, figure: str) -> Any:
    """Nothing, one figure, one entry or a list of them, as a list of entries."""
    if raw is None:
        return []
    return raw if isinstance(raw, list) else [raw] if isinstance(raw, dict) else [{figure: raw}]


def _by_territory(raw: Any) -> Any:
    """Territory: posts; or a list of limits."""
    return [{"territoire": name, "postes": posts} for name, posts in raw.items()] if isinstance(raw, dict) else raw


PostLimits = Annotated[tuple[PostLimit, ...], BeforeValidator(_posts)]


class Rules(Part):
    """Rules of the allocation, in posts."""

    largest_changes: PostLimits = Field(default=(), alias="deplacement_maximal")
    largest_percents: Annotated[tuple[PercentLimit, ...], BeforeValidator(_percents)] = Field(
        default=(), alias="changement_maximal_pourcent"
    )
    minimum_presences: PostLimits = Field(default=(), alias="presence_minimale")
    ceiling_limits: Annotated[tuple[PostLimit, ...], BeforeValidator(_by_territory)] = Field(
        default=(), alias="plafond_par_territoire"
    )
    keep_locked: YesNo = Field(default=True, alias="postes_verrouilles")
    decisions: tuple[Decision, ...] = ()

    @property
    def largest_change(self) -> float | None:
        """Posts, where no mission and no territory has its own; None when nothing is said for all."""
        return _for_all(self.largest_changes)

    @property
    def minimum_presence(self) -> float | None:
        return _for_all(self.minimum_presences)

    @property
    def ceilings(self) -> dict[str, float]:
        """Territory → posts, the same in each mission."""
        return {limit.territory: limit.posts for limit in self.ceiling_limits if limit.territory and not limit.mission}

    @property
    def limits(self) -> dict[str, Sequence[Limit]]:
        """Field → its limits."""
        return {name: getattr(self, name) for name in _LIMITS}


_LIMITS = ("largest_changes", "largest_percents", "minimum_presences", "ceiling_limits")
_Limit = TypeVar("_Limit", bound=Limit)


def _for_all(limits: Sequence[PostLimit]) -> float | None:
    return next((limit.posts for limit in limits if not limit.territory and not limit.mission), None)


def limit_for(limits: Sequence[_Limit], territory: str, mission: str) -> _Limit | None:
    """The limit that holds there: the one of the territory's mission, else of the territory, else of the mission."""
    holding = [x for x in limits if x.territory in (None, territory) and x.mission in (None, mission)]
    return max(holding, key=lambda x: (x.territory is not None, x.mission is not None), default=None)


def rule_issues(rules: Rules, missions: Collection[str], step: float, file: str) -> list[Issue]:
    """Missions that do not exist, figures between two steps, two limits for one place."""
    found = []
    for key, one in _entries(rules):
        if one.mission is not None and one.mission not in missions:
            meant = did_you_mean(one.mission, list(missions))
            found.append(Issue("study_rule_unknown_mission", file, cell=key, value=one.mission, suggestion=meant))
        figure = one.posts if isinstance(one, PostLimit | Decision) else None
        if figure is not None and (exact(figure) / exact(step)).denominator != 1:
            found.append(Issue("study_rule_between_steps", file, cell=key, value=f"{figure:g}", params=_step(step)))
    for name, limits in rules.limits.items():
        places = [(x.territory and slug(x.territory), x.mission) for x in limits]
        if len(set(places)) < len(places):
            found.append(Issue("study_rule_twice", file, cell=_key(name)))
    return found


def _step(step: float) -> dict[str, str]:
    return {"step": f"{step:g}".replace(".", ",")}


def _entries(rules: Rules) -> list[tuple[str, Limit | Decision]]:
    """(dotted key, limit or decision)."""
    limits = [(_key(name), limit) for name, limits in rules.limits.items() for limit in limits]
    return [*limits, *((f"{KEY}.decisions.{i}", decision) for i, decision in enumerate(rules.decisions))]


def _key(name: str) -> str:
    return f"{KEY}.{Rules.model_fields[name].alias or name}"


_Named = TypeVar("_Named", Limit, Decision, IndividualAllowance)
Missions = Mapping[str, Collection[str]]


def with_territory_ids(
    rules: Rules, allowances: Sequence[IndividualAllowance], names: Mapping[str, str], missions: Missions, file: str
) -> tuple[Rules, tuple[IndividualAllowance, ...], list[Issue]]:
    """Territories said by name or id become ids; one that is unknown, or a limit that holds nowhere, is an issue.

    Args:
        rules: as written.
        allowances: as written.
        names: territory id → name.
        missions: mission → ids of the territories it may have posts in.
        file: where issues lie.
    """
    said = [*_entries(rules), *((f"{ALLOWANCES}.{i}", one) for i, one in enumerate(allowances))]
    found = [
        Issue("study_rule_unknown_territory", file, cell=key, value=one.territory or "", suggestion=_near(one, names))
        for key, one in said
        if one.territory is not None and slug(one.territory) not in names
    ]
    moved: dict[str, Any] = {name: tuple(map(_with_id, limits)) for name, limits in rules.limits.items()}
    resolved = rules.model_copy(update=moved | {"decisions": tuple(map(_with_id, rules.decisions))})
    if not found:
        found = [
            Issue("study_rule_reaches_nothing", file, cell=_key(name))
            for name, limits in resolved.limits.items()
            for limit in limits
            if not any(limit_for(limits, t, m) is limit for m, territories in missions.items() for t in territories)
        ]
        found += [
            Issue("study_rule_reaches_nothing", file, cell=f"{KEY}.decisions.{i}")
            for i, one in enumerate(resolved.decisions)
            if one.territory not in missions.get(one.mission, ())
        ]
    return resolved, tuple(map(_with_id, allowances)), found


def _near(one: Limit | Decision | IndividualAllowance, names: Mapping[str, str]) -> str:
    return did_you_mean(one.territory or "", list(names.values()), 60)


def _with_id(one: _Named) -> _Named:
    return one.model_copy(update={"territory": slug(one.territory)}) if one.territory is not None else one
