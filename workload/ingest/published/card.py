"""Source cards: what a published file is, where its figures lie, how its numbers, marks and blanks are to be read."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workload.errors import Issue
from workload.ingest.values import shown
from workload.resources import PARAMETERS

Level: TypeAlias = Literal["iris", "commune", "canton", "epci", "departement"]
Meaning: TypeAlias = Literal["secret", "manquant", "zero"]
CARDS = PARAMETERS / "cards"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class NumberFormat(_Part):
    """How the file writes numbers. `auto` takes a comma or a dot for the decimal mark and spaces for thousands."""

    decimal: Literal["auto", ",", "."] = "auto"
    thousands: Literal["espace", ".", ",", "'", "aucun"] = Field(default="espace", alias="milliers")
    footnotes: bool = Field(default=False, alias="appels_de_note")

    @model_validator(mode="after")
    def _distinct(self) -> "NumberFormat":
        if self.thousands in (",", ".", "'") and self.decimal in ("auto", self.thousands):
            raise ValueError("format : déclarez « decimal », différent de « milliers »")
        return self


class CardColumn(_Part):
    """One indicator of a published file: one column, or one column a year (`annees`, `titres_par_annee`)."""

    heading: str | tuple[str, ...] = Field(default="", alias="titre")
    label: str = Field(alias="libelle")
    unit: str = Field(alias="unite")
    nature: Literal["externe", "interne"]
    simulated: bool = Field(default=False, alias="simule")
    sheet: str = Field(default="", alias="feuille")
    heading_rows: int | tuple[int, ...] | None = Field(default=None, alias="ligne_titres")
    year: int | None = Field(default=None, alias="annee")
    years: tuple[int, int] | None = Field(default=None, alias="annees")
    headings_by_year: dict[int, str | tuple[str, ...]] = Field(default_factory=dict, alias="titres_par_annee")
    additive: bool = Field(default=True, alias="additif")
    negative: bool = Field(default=False, alias="negatif")
    factor: float = Field(default=1.0, alias="facteur", gt=0)
    blank: Meaning | None = Field(default=None, alias="vide")
    marks: dict[str, Meaning] = Field(default_factory=dict, alias="marques")
    note: str = ""
    confidential: bool = Field(default=False, alias="confidentiel")  # small counts of it are not shown
    theme: str = ""  # where a profile of a place shows it
    series: str = Field(default="", alias="serie")  # the indicator whose earlier year this column is

    @model_validator(mode="after")
    def _somewhere(self) -> "CardColumn":
        if not (self.heading or self.years or self.headings_by_year):
            raise ValueError("titre, annees ou titres_par_annee : dites où lire l’indicateur")
        if self.heading and (self.years or self.headings_by_year):
            raise ValueError("titre : inutile quand annees ou titres_par_annee est donné")
        return self

    @property
    def title(self) -> str:
        """The heading as a person would write it: group › column."""
        return " › ".join(_texts(self.heading))

    def places(self, year: int) -> dict[int, tuple[str, ...]]:
        """Heading texts of the column of each year."""
        if self.heading:
            return {self.year or year: _texts(self.heading)}
        span = range(self.years[0], self.years[1] + 1) if self.years else ()
        found: dict[int, str | tuple[str, ...]] = {y: str(y) for y in span}
        return {y: _texts(heading) for y, heading in sorted((found | self.headings_by_year).items())}


def _texts(heading: str | tuple[str, ...]) -> tuple[str, ...]:
    return (heading,) if isinstance(heading, str) else heading


class SourceCard(_Part):
    """What a published file is and where its figures lie.

    Without `niveau` the file is the study's own table of communes, complete and checked as such; with it, a file as
    its producer published it.
    """

    file: str = Field(alias="fichier")
    sheet: str = Field(default="", alias="feuille")
    heading_row: int | tuple[int, ...] = Field(default=1, alias="ligne_titres")
    key: str = Field(alias="colonne_cle")
    total: str = Field(default="", alias="ligne_total")
    year: int = Field(alias="annee")
    source: str
    licence: str
    columns: dict[str, CardColumn] = Field(alias="colonnes", min_length=1)

    level: Level | None = Field(default=None, alias="niveau")
    label: str = Field(default="", alias="colonne_libelle")
    places_on: date | None = Field(default=None, alias="communes_au")
    numbers: NumberFormat = Field(default=NumberFormat(), alias="format")
    marks: dict[str, Meaning] = Field(default_factory=dict, alias="marques")
    blank: Meaning = Field(default="manquant", alias="vide")
    absent: Meaning = "manquant"
    skipped: tuple[str, ...] = Field(default=(), alias="lignes_ignorees")
    end: str = Field(default="", alias="fin")
    keep_arrondissements: bool = Field(default=False, alias="garder_arrondissements")
    total_tolerance: float = Field(default=0.0, alias="tolerance_total", ge=0, lt=1)
    encoding: Literal["auto", "utf-8", "cp1252"] = Field(default="auto", alias="encodage")
    delimiter: Literal["auto", ";", ",", "\t"] = Field(default="auto", alias="separateur")
    note: str = ""

    @model_validator(mode="after")
    def _rows(self) -> "SourceCard":
        for rows in (self.heading_row, *(c.heading_rows for c in self.columns.values() if c.heading_rows)):
            if not row_numbers(rows) or min(row_numbers(rows)) < 1:
                raise ValueError("ligne_titres : un numéro de ligne, ou plusieurs, à partir de 1")
        if self.level is None and not self.sheet:
            raise ValueError("feuille : donnez le nom de la feuille")
        if self.level is None and any(not isinstance(c.heading, str) or not c.heading for c in self.columns.values()):
            raise ValueError("niveau : obligatoire pour une carte à titres multiples ou à plusieurs années")
        return self

    @property
    def places_day(self) -> date:
        """Day whose list of communes the file follows: as declared, else 1 January of its year."""
        return self.places_on or date(self.year, 1, 1)

    def tables(self) -> dict[tuple[str, tuple[int, ...]], dict[str, CardColumn]]:
        """Indicators by the table (sheet, heading rows) that they are read from."""
        found: dict[tuple[str, tuple[int, ...]], dict[str, CardColumn]] = {}
        for id, column in self.columns.items():
            where = (column.sheet or self.sheet, row_numbers(column.heading_rows or self.heading_row))
            found.setdefault(where, {})[id] = column
        return found


def row_numbers(rows: int | tuple[int, ...]) -> tuple[int, ...]:
    return (rows,) if isinstance(rows, int) else rows


_CODES = {"missing": "study_key_missing", "extra_forbidden": "study_key_unknown", "value_error": "study_value_refused"}


def read_card(path: Path, file: str = "") -> tuple[SourceCard | None, list[Issue]]:
    """A source card, checked whole; each wrong entry is an issue at its dotted key."""
    file = file or path.name
    try:
        return SourceCard.model_validate(yaml.safe_load(path.read_text("utf-8"))), []
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            return None, [Issue("yaml_syntax", file)]
        return None, [_issue(found, file) for found in error.errors()]


def _issue(found: Mapping[str, Any], file: str) -> Issue:
    code = _CODES.get(found["type"], "study_value_wrong")
    value = "" if isinstance(found["input"], dict | list) else shown(found["input"])
    detail = str(found.get("ctx", {}).get("error", "")) if code == "study_value_refused" else ""
    return Issue(code, file, cell=".".join(str(p) for p in found["loc"]), value=value, params={"detail": detail})


def shipped_cards() -> dict[str, Path]:
    """The cards that come with the software, by name."""
    return {path.stem: path for path in sorted(CARDS.glob("*.yaml"))}
