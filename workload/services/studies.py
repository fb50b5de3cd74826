"""Studies that the service computes from: their registers and counts as files in a folder of ours, their sheets in the
database.

The folder `etudes/<code>` of the data holds what a study folder holds, except the sheets: those came in through the
store, under pseudonym, and are never kept as files.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workload.errors import RequestError
from workload.ingest.indicators import FOLDER as INDICATORS
from workload.ingest.study import CONTOURS, SURVEYS, Register, Study, read_register, read_study
from workload.ingest.study_file import FILE as STUDY_FILE
from workload.ingest.survey import layouts
from workload.ingest.survey.items import MAPPING_FILE
from workload.ingest.values import slug
from workload.store.importing.history import read_answers
from workload.store.importing.pseudonyms import pseudonym_key
from workload.store.settings import StoreSettings

HOMES = "etudes"
FILES = (STUDY_FILE, "territoires.xlsx", "postes.xlsx", CONTOURS)
OF_SURVEYS = (MAPPING_FILE, layouts.FILE)


@dataclass(frozen=True, slots=True)
class StudyHome:
    """A study that the service knows, by the code that addresses carry."""

    code: str
    folder: Path

    def register(self) -> Register:
        """As its files say now; read again only once one of them has changed."""
        stamps = tuple(
            (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)
            for path in (self.folder / name for name in FILES)
        )
        return _register(self.folder, stamps)


@lru_cache(maxsize=8)
def _register(folder: Path, stamps: tuple[tuple[int, int], ...]) -> Register:
    return read_register(folder)


def study_homes(settings: StoreSettings) -> tuple[StudyHome, ...]:
    """Every study of the service, by code."""
    found = (settings.data_dir / HOMES).glob(f"*/{STUDY_FILE}")
    return tuple(StudyHome(path.parent.name, path.parent) for path in sorted(found) if path.parent.name[0] != ".")


def study_home(settings: StoreSettings, code: str) -> StudyHome:
    """Raises RequestError where there is none of that code."""
    for home in study_homes(settings):
        if home.code == code:
            return home
    raise RequestError("study_unknown", id=code)


def adopt(settings: StoreSettings, folder: Path) -> StudyHome:
    """Copies a study folder's registers, counts and choices into the data, over an earlier copy, whole or not at all.

    Its sheets are left where they are: import them. Raises InputError where etude.yaml cannot be read.
    """
    code = slug(read_register(folder).settings.title)
    homes = settings.data_dir / HOMES
    homes.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=homes, prefix=".copie-") as temporary:
        made = Path(temporary) / code
        made.mkdir(mode=0o700)
        for name in FILES:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, made / name)
        if (folder / INDICATORS).is_dir():
            shutil.copytree(folder / INDICATORS, made / INDICATORS)
        (made / SURVEYS).mkdir()
        for name in OF_SURVEYS:
            if (folder / SURVEYS / name).is_file():
                shutil.copyfile(folder / SURVEYS / name, made / SURVEYS / name)
        target = homes / code
        if target.exists():
            target.rename(Path(temporary) / "avant")
        made.rename(target)
    return StudyHome(code, target)


def read_stored(
    engine: Engine,
    settings: StoreSettings,
    home: StudyHome,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
    choices: Mapping[str, Any] | None = None,
) -> Study:
    """The study with the sheets that the database holds of its campaign. Raises InputError as `read_study`."""
    campaign = home.register().settings.campaign
    period = f"{campaign.start.isoformat()}/{campaign.end.isoformat()}" if campaign else ""
    title = home.register().settings.title
    answers = read_answers(engine, title, period)
    return read_study(home.folder, progress, pseudonym_key(engine, settings), choices, answers)
