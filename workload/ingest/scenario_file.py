"""scenarios/*.yaml: what a scenario changes of etude.yaml, with its title. French keys, because people write it."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from workload.ingest.study_file import read_choices
from workload.ingest.study_parts import Part

FOLDER = "scenarios"
OF_THE_STUDY = {"etude", "departement", "date", "simule", "avertissement", "taxonomie", "campagne"}
"""What makes it this study and this survey: another one is another study."""


class ScenarioFile(Part):
    title: str = Field(alias="titre", min_length=1, max_length=120)
    description: str = ""
    opened: Literal["brouillon", "partage", "publie"] = Field(default="brouillon", alias="ouverture")
    choices: dict[str, Any] = Field(default_factory=dict, alias="choix")

    @model_validator(mode="after")
    def _same_study(self) -> "ScenarioFile":
        if other := sorted(set(self.choices) & OF_THE_STUDY):
            raise ValueError(f"choix : {', '.join(other)} sont de l’étude, un scénario ne les change pas")
        return self


def read_scenario(path: Path) -> ScenarioFile:
    """Raises InputError with the dotted key as cell for every wrong entry."""
    return read_choices(path, path.name, ScenarioFile)


def scenario_files(study: Path) -> list[Path]:
    """Those of a study folder, in name order."""
    return sorted((study / FOLDER).glob("*.yaml"))
