"""The keys of a rules file of `workload allocate`: French, since people write them; figures in posts."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from workload.ingest.study_parts import Part
from workload.ingest.study_rules import YesNo, listed

Posts = Annotated[float, Field(ge=0, le=1e6)]


class Which(Part):
    """The cells that agree on every coordinate given; all of them when none is."""

    territory: str | None = Field(default=None, alias="territoire")
    mission: str | None = None
    profession: str | None = None
    site: str | None = None


class Cells(Which):
    unit: str | None = Field(default=None, alias="unite")


class PostsOf(Cells):
    posts: Posts = Field(alias="postes")


class PercentOf(Cells):
    percent: int = Field(alias="pourcent", ge=0, le=1000)


class DecisionOn(Cells):
    posts: Posts | None = Field(default=None, alias="postes")
    change: float | None = Field(default=None, alias="changement", ge=-1e6, le=1e6)

    @model_validator(mode="after")
    def _one_of_both(self) -> "DecisionOn":
        if (self.change is None) == (self.posts is None):
            raise PydanticCustomError("study_decision_one_of", "change or posts")
        return self


class Files(Part):
    per_post: float = Field(alias="dossiers_par_poste", gt=0, le=1e6)
    files: dict[str, Annotated[int, Field(ge=0)]] = Field(alias="dossiers", min_length=1)  # unit → active files


class Total(Which):
    least: Posts = Field(default=0, alias="minimum")
    most: Posts | None = Field(default=None, alias="maximum")


class AtLeast(Part):
    profession: str
    posts: Posts = Field(alias="postes")


class RatioOf(Part):
    few: str = Field(alias="profession")
    many: str = Field(alias="pour")
    at_least: int = Field(alias="au_moins", ge=1, le=1000)
    per: int = Field(alias="par", ge=1, le=1000)
    overall: YesNo = Field(default=False, alias="ensemble")  # in the whole table rather than in each territory


class Substitution(Part):
    giver: str = Field(alias="de")
    taker: str = Field(alias="vers")
    posts: Posts = Field(alias="postes")


Several = Annotated[tuple[PostsOf, ...], BeforeValidator(lambda raw: listed(raw, "postes"))]
Percents = Annotated[tuple[PercentOf, ...], BeforeValidator(lambda raw: listed(raw, "pourcent"))]


class RuleFile(Part):
    floors: Several = Field(default=(), alias="presence_minimale")
    ceilings: Several = Field(default=(), alias="plafond")
    changes: Several = Field(default=(), alias="deplacement_maximal")
    percents: Percents = Field(default=(), alias="changement_maximal_pourcent")
    locked: Several = Field(default=(), alias="postes_verrouilles")
    decisions: tuple[DecisionOn, ...] = ()
    caseload: Files | None = Field(default=None, alias="plafond_dossiers")
    totals: tuple[Total, ...] = Field(default=(), alias="totaux")
    sites: dict[str, Posts] = Field(default_factory=dict, alias="minimum_par_site")
    at_least: tuple[AtLeast, ...] = Field(default=(), alias="au_moins_un")
    ratios: tuple[RatioOf, ...] = Field(default=(), alias="rapports")
    substitutions: tuple[Substitution, ...] = ()
