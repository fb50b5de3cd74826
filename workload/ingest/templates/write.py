"""What the command line asks for: templates of one kind, with what a study folder knows; all of them or none."""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workload.errors import InputError, Issue, RequestError, Severity
from workload.ingest import indicators as ind
from workload.ingest import posts as register
from workload.ingest import territories
from workload.ingest.grid import Workbook, read_workbook
from workload.ingest.study_counts import COMPUTED
from workload.ingest.study_file import StudyFile, read_study_file
from workload.ingest.templates.counts import Wanted, write_indicators_template
from workload.ingest.templates.registers import write_posts_template, write_territories_template
from workload.ingest.templates.survey import write_survey_templates
from workload.parameters import taxonomy

KINDS = ("survey", "posts", "indicators", "territories")
DEFAULT_TAXONOMY = "departement-2024"


def write_templates(
    kind: str,
    form: str,
    study_folder: Path | None,
    out: Path,
    weeks_n: int | None = None,
    only: Collection[str] | None = None,
) -> list[Path]:
    """Files of one kind in `out`, which is made if need be; a file already there is never overwritten.

    form: of a survey only (agent, team, week, list, percent). only: territories whose agents get one; None: all. Of the
    study only etude.yaml, territoires.xlsx and postes.xlsx are read. Raises RequestError or InputError; nothing is
    written then.
    """
    if kind not in KINDS:
        raise RequestError("template_unknown_kind", name=kind, known=", ".join(KINDS))
    if study_folder and not study_folder.is_dir():
        raise InputError([Issue("missing_folder", str(study_folder))])
    if out.exists() and not out.is_dir():
        raise RequestError("template_out_no_folder", path=out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".modeles-") as temporary:
            made = _make(kind, form, study_folder, Path(temporary), weeks_n, only)
            targets = [out / path.name for path in made]
            there = next((path for path in targets if path.exists()), None)
            if there:
                raise RequestError("template_exists", path=there)
            out.mkdir(exist_ok=True)
            for path, target in zip(made, targets, strict=True):
                shutil.move(path, target)
    except PermissionError as error:
        raise RequestError("out_not_writable", path=out) from error
    return targets


def _make(
    kind: str, form: str, folder: Path | None, target: Path, weeks_n: int | None, only: Collection[str] | None
) -> list[Path]:
    settings = read_study_file(folder) if folder else None
    issues: list[Issue] = []
    communes, sites = _territories(folder, settings, issues, required=kind in ("survey", "indicators"))
    posts = None
    if kind == "survey" and folder and settings:
        posts = _posts(folder, settings, communes, issues)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    if posts is not None and only is not None:
        posts = posts[posts["territory"].isin(list(only))]
    if kind == "survey":
        items = taxonomy(settings.taxonomy if settings else DEFAULT_TAXONOMY)
        return write_survey_templates(posts, communes, settings, items, form, target, weeks_n)
    if kind == "posts":
        return [write_posts_template(target / register.FILE, settings, communes)]
    if kind == "territories":
        return [write_territories_template(target / territories.FILE, settings, communes, sites)]
    wanted = wanted_indicators(folder, settings) if folder and settings else []
    return write_indicators_template(target / "indicateurs.xlsx", settings, communes, wanted)


def _territories(
    folder: Path | None, settings: StudyFile | None, issues: list[Issue], required: bool
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    if folder is None or settings is None or not (required or (folder / territories.FILE).is_file()):
        return None, None
    book = _workbook(folder, territories.FILE, issues)
    if book is None:
        return None, None
    communes, sites, found = territories.read_territories(book, settings.department)
    issues += found
    return communes, sites


def _posts(
    folder: Path, settings: StudyFile, communes: pd.DataFrame | None, issues: list[Issue]
) -> pd.DataFrame | None:
    book = _workbook(folder, register.FILE, issues)
    if book is None:
        return None
    posts, found = register.read_posts(book, communes if communes is not None else pd.DataFrame(), settings)
    issues += found
    return posts


def _workbook(folder: Path, file: str, issues: list[Issue]) -> Workbook | None:
    try:
        return read_workbook(folder / file, file)
    except InputError as error:
        issues += error.issues
        return None


def wanted_indicators(folder: Path, settings: StudyFile) -> list[Wanted]:
    """Indicators that etude.yaml uses, in its order, with the words of the source cards already there."""
    used = [id for m in settings.missions.values() for d in m.domains.values() for id in d.indicators]
    used += [id for caseload in settings.caseloads for id in caseload.indicators]
    used += [name for id, declared in settings.imputations.items() for name in (id, declared.proxy)]
    known: dict[str, Wanted] = {}
    for path in sorted((folder / ind.FOLDER).glob("*.y*ml")):
        card, _ = ind.read_card(path)
        for id, column in card.columns.items() if card else ():
            known[id] = Wanted(id, column.label, column.unit, column.nature)
    return [known.get(id, Wanted(id, id)) for id in dict.fromkeys(used) if id not in COMPUTED]
