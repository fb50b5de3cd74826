"""`workload import`: files read in other processes, stored here, a batch of whole files per transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from workload.errors import InputError, Issue, RequestError, Severity
from workload.ingest.checking import FileCheck, check_context
from workload.ingest.study import Register, agent_twice
from workload.ingest.survey import SurveySheet
from workload.store.importing.outcomes import FileOutcome, ImportSummary, Outcome
from workload.store.importing.prepare import ImportContext, Prepared, prepare_file, refused
from workload.store.importing.pseudonyms import Codes, pseudonym_key
from workload.store.importing.workers import each
from workload.store.importing.writing import ImportRun, write_batch, write_refusals
from workload.store.settings import StoreSettings

BATCH_FILES = 50
BATCH_ROWS = 50_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may send: sheets alone of some territories, for a manager."""

    territories: frozenset[str]

    def outside(self, file: Prepared) -> Issue | None:
        """Why the file is not theirs to send; it says nothing of what is in it."""
        if file.check.kind not in ("survey", "unknown"):
            return Issue("import_not_yours_kind", file.check.file)
        theirs = {answer.territory for answer in file.answers} | {r.territory for r in file.refusals if r.territory}
        return None if theirs <= self.territories else Issue("import_not_yours_territory", file.check.file)


def import_files(
    engine: Engine,
    paths: Iterable[Path],
    study: Path,
    by: str,
    on_file: Callable[[FileOutcome], None] = lambda outcome: None,
    settings: StoreSettings | None = None,
    scope: Scope | None = None,
) -> ImportSummary:
    """Takes files in, each whole or not at all; `on_file` hears of each in order, once what it says is true for good.

    scope: what the sender may send, where that is not everything.

    Raises InputError where the study folder itself is wrong, RequestError where the name or the key is.
    """
    who = " ".join(by.replace("\0", "").split())
    if not 0 < len(who) <= LONGEST_NAME:
        raise RequestError("import_by", most=LONGEST_NAME)
    summary = ImportSummary()
    context, run = _context(engine, study, who, settings or StoreSettings())
    for batch in _batches(_within(scope, read_files(paths, context))):
        for outcome in _store(engine, run, batch):
            summary.add(outcome)
            on_file(outcome)
    return summary


def _within(scope: Scope | None, files: Iterable[Prepared]) -> Iterator[Prepared]:
    for file in files:
        outside = scope.outside(file) if scope else None
        yield Prepared(FileCheck(file.check.file, file.check.kind, "", "", 0, (outside,))) if outside else file


def import_context(study: Path, key: bytes) -> tuple[ImportContext, Register]:
    """What files are read against, of a study that is in order; it may lack a register."""
    check = check_context(study)
    register = check.register
    assert register is not None
    wrong = [i for i in register.issues if i.severity is Severity.ERROR and i.code != "missing_file"]
    if wrong:
        raise InputError(wrong)
    campaign = register.settings.campaign
    period = f"{campaign.start.isoformat()}/{campaign.end.isoformat()}" if campaign else ""
    return ImportContext(check, period, key, Codes.of(check.holders)), register


def read_files(paths: Iterable[Path], context: ImportContext) -> Iterator[Prepared]:
    """Every file read, checked and ready, in order; agents given twice are found across files.

    The same content given twice is no second answer.
    """
    once = list(dict.fromkeys(path.resolve() for path in paths))
    seen: set[tuple[str, str]] = set()
    first: dict[str, SurveySheet] = {}
    for file in each(partial(prepare_file, context=context), once, partial(refused, code="import_reader_died")):
        mark = (file.sha256, file.content_sha256)
        if not file.sha256 or mark not in seen:
            twice = [issue for sheet in file.check.sheets for issue in agent_twice(sheet, first)]
            if twice:
                file = Prepared(replace(file.check, issues=(*file.check.issues, *twice)))
        seen.add(mark)
        yield file


def _context(engine: Engine, study: Path, by: str, settings: StoreSettings) -> tuple[ImportContext, ImportRun]:
    context, register = import_context(study, b"")
    context = replace(context, key=pseudonym_key(engine, settings))
    return context, ImportRun(register.settings.title, context.period, by, register.taxonomy)


def _batches(files: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    batch: list[Prepared] = []
    for file in files:
        batch.append(file)
        if len(batch) >= BATCH_FILES or sum(f.check.rows for f in batch) >= BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _store(engine: Engine, run: ImportRun, batch: Sequence[Prepared]) -> list[FileOutcome]:
    wanted = [file for file in batch if file.check.importable]
    written: list[tuple[Outcome, bool]] = []
    with engine.begin() as connection:
        if wanted:
            written = write_batch(connection, run, wanted)
        write_refusals(connection, run, batch)
    said = iter(written)
    return [_outcome(file, *next(said)) if file.check.importable else _outcome(file, Outcome.REFUSED) for file in batch]


def _outcome(file: Prepared, outcome: Outcome, superseded: bool = False) -> FileOutcome:
    check = file.check
    return FileOutcome(check.file, outcome, check.kind, check.layout, check.rows, check.issues, superseded)
