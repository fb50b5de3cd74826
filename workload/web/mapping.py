"""Items that sheets call by another name: mapped once for the study, in the file that imports read.

It is the study's own correspondances.csv, which an IT department may edit too: `intitule;code;part`.
"""

import csv
import fcntl
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select
from sqlmodel import col

from workload.errors import InputError, RequestError
from workload.ingest.study import SURVEYS
from workload.ingest.survey.items import MAPPING_FILE, read_mappings
from workload.ingest.values import normalise
from workload.store.work_tables import Task, TaskFile
from workload.web.studies import StudyView

HEAD = ("intitule", "code", "part")
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that no sheet of the taxonomy knows, and how many files hold it."""

    text: str
    files_n: int
    suggestion: str  # code of the item that it resembles, or nothing


def unknown_items(engine: Engine, study: StudyView, account: int | None) -> list[Unknown]:
    """Those of the files refused so far, of one account or of all, the most frequent first."""
    query = (
        select(col(TaskFile.issues))
        .join(Task, col(Task.id) == col(TaskFile.task_id))
        .where(col(Task.study) == study.code, col(TaskFile.outcome) == "refused")
    )
    if account is not None:
        query = query.where(col(Task.account_id) == account)
    with engine.connect() as connection:
        refused = [list(issues) for issues in connection.execute(query).scalars()]
    known = read_mappings(study.home.folder / SURVEYS, study.register.taxonomy)
    files: dict[str, int] = {}
    suggested: dict[str, str] = {}
    for issues in refused:
        texts = {i["value"]: i["suggestion"] for i in issues if i["code"] == "unknown_item" and i["value"]}
        for text, suggestion in texts.items():
            if normalise(text) not in known:
                files[text] = files.get(text, 0) + 1
                suggested[text] = suggestion
    codes = {item.code for item in study.register.taxonomy.items}
    return [
        Unknown(text, n, first if (first := suggested[text].split(" ", 1)[0]) in codes else "")
        for text, n in sorted(files.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def mappings(study: StudyView) -> list[tuple[str, str, str]]:
    """(text, code, share) as the file has them."""
    return [(row.get("intitule", ""), row.get("code", ""), row.get("part", "")) for row in _rows(_path(study))]


def add_mapping(study: StudyView, chosen: Mapping[str, str]) -> None:
    """Adds to the file, whole or not at all. Raises RequestError for an item nobody knows."""
    own = {normalise(name) for item in study.register.taxonomy.items for name in (item.code, item.label)}
    for text, code in chosen.items():
        if study.register.taxonomy.item(code) is None:
            raise RequestError("item_unknown", id=code)
        fit = normalise(text) and len(text) <= LONGEST and text.isprintable() and text[0] not in "=+-@"
        if not fit or normalise(text) in own:  # what the taxonomy knows already is read as it says
            raise RequestError("mapping_text", most=LONGEST)
    with _locked(study):
        there = {normalise(row.get("intitule", "")) for row in _rows(_path(study))}
        new = {normalise(text): {"intitule": text, "code": code, "part": "1"} for text, code in chosen.items()}
        added = [row for key, row in new.items() if key not in there]
        _write(study, [*_rows(_path(study)), *added])


def remove_mapping(study: StudyView, text: str) -> None:
    with _locked(study):
        _write(study, [row for row in _rows(_path(study)) if row.get("intitule") != text])


def _path(study: StudyView) -> Path:
    return study.home.folder / SURVEYS / MAPPING_FILE


@contextmanager
def _locked(study: StudyView) -> Iterator[None]:
    """Two people may map at once; a lost line would be an answer refused again."""
    lock = study.home.folder / ".correspondances.verrou"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    text = path.read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ","))


def _write(study: StudyView, rows: list[dict[str, str]]) -> None:
    """Over what is there, once it is seen that imports can read it."""
    path = _path(study)
    extra = [name for row in rows for name in row if name not in HEAD]
    out = io.StringIO()
    writer = csv.DictWriter(out, [*HEAD, *dict.fromkeys(extra)], delimiter=";", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".nouveau-") as folder:
        made = Path(folder) / MAPPING_FILE
        made.write_text(out.getvalue(), "utf-8")
        try:
            read_mappings(Path(folder), study.register.taxonomy)
        except InputError as error:
            raise RequestError("mapping_unreadable") from error
        made.replace(path)
