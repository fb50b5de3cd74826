"""The command line. Thin: options in, one call, words out; no traceback ever reaches the person."""

import getpass
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: on small matrices a second thread only waits

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from workload import __version__
from workload.catalogue import error_text, folded_message, issue_line, posts_text, text
from workload.errors import ExitCode, InputError, Issue, RequestError, Severity, WorkloadError

if TYPE_CHECKING:
    from workload.ingest.checking import FileCheck

ISSUES_PER_KIND = 200
LEAST_DRAWS = 1

app = typer.Typer(
    help="Du relevé de temps au poste qui bouge, avec ses raisons.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"workload {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Affiche la version.")
    ] = False,
) -> None:
    """Du relevé de temps au poste qui bouge, avec ses raisons."""


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier de l’étude.")],
    out: Annotated[Path, typer.Option("--out", metavar="DOSSIER", help="Où écrire le rapport.")],
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")] = 400,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Graine ; sinon celle de etude.yaml.")] = None,
) -> None:
    """Lit un dossier d’étude et écrit le rapport : run.json, rapport.html, rapport.xlsx."""
    from workload.ingest.study import read_study
    from workload.pipeline import run as run_study

    if draws < LEAST_DRAWS:
        raise RequestError("bad_draws", value=draws, least=LEAST_DRAWS)
    if seed is not None and seed < 0:
        raise RequestError("bad_seed", value=seed)
    _require_place(out)
    with _Steps() as steps:
        study = read_study(folder, steps)
        result = run_study(study, draws, seed, steps)
        steps("report", 0, 1)
        _write(result, out)
    _say_warnings(study.warnings)
    for mission in result.missions.values():
        ledgers = mission.justification.ledgers
        moves = [
            text(
                "done_move",
                territory=result.territory_names[x.unit],
                before=posts_text(float(x.current)),
                after=posts_text(float(x.final)),
            )
            for x in ledgers
            if x.change
        ]
        typer.echo(
            text(
                "done_mission",
                mission=mission.name,
                total=posts_text(float(sum(x.current for x in ledgers))),
                after=posts_text(float(sum(x.final for x in ledgers))),
                moves=", ".join(moves) or text("done_no_move"),
            )
        )
    typer.echo(text("done_report", path=out))


def _require_place(out: Path) -> None:
    """A new folder, an empty one, or one that holds an earlier report: nothing else is ever written into."""
    try:
        taken = out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / "run.json").is_file()))
    except OSError as error:
        raise RequestError("out_not_writable", path=out) from error
    if taken:
        raise RequestError("out_exists", path=out)


def _write(result: Any, out: Path) -> None:
    """Everything beside the target first, then moved: a report is there whole or not at all."""
    from workload.reporting.html import write_html
    from workload.reporting.run_json import run_json
    from workload.reporting.workbook import write_workbook

    stamp = datetime.now(UTC).astimezone()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".rapport-") as temporary:
            made = Path(temporary)
            (made / "run.json").write_text(run_json(result, stamp.isoformat(timespec="seconds")), "utf-8")
            shown = f"{stamp:%d/%m/%Y à %H:%M}"
            write_html(result, made / "rapport.html", shown)
            write_workbook(result, made / "rapport.xlsx", shown)
            out.mkdir(exist_ok=True)
            for path in sorted(made.iterdir()):
                shutil.move(path, out / path.name)
    except OSError as error:
        raise RequestError("out_not_writable", path=out) from error


@app.command()
def allocate(
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="unit,need_fte[,current,floor,ceiling]")],
    total: Annotated[str, typer.Option("--total", metavar="N", help="Nombre de postes à répartir.")],
    step: Annotated[str, typer.Option("--step", metavar="1|0.5|0.1", help="Pas, en postes.")] = "0.5",
    fairness: Annotated[
        str,
        typer.Option("--fairness", metavar="CHOIX", help="least-squares, least-maximum, least-absolute ou geometric."),
    ] = "least-squares",
    minimum: Annotated[str | None, typer.Option("--min", metavar="N", help="Plancher commun, en postes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tout, en JSON.")] = False,
) -> None:
    """Répartit des postes sur une simple table de besoins ; le résultat va sur la sortie standard, en CSV."""
    from workload.allocation.table import run_allocate, to_csv, to_json

    result = run_allocate(table, total, step, fairness, minimum)
    _say_warnings(result.warnings)
    sys.stdout.write(to_json(result) if as_json else to_csv(result))


@app.command()
def template(
    kind: Annotated[str, typer.Argument(metavar="survey|posts|indicators|territories", help="Quel classeur.")],
    out: Annotated[Path, typer.Option("--out", metavar="DOSSIER", help="Où écrire les classeurs.")],
    study: Annotated[Path | None, typer.Option("--study", metavar="DOSSIER", help="L’étude, pour préremplir.")] = None,
    form: Annotated[str, typer.Option("--form", metavar="FORME", help="agent, team, week, list ou percent.")] = "agent",
    weeks: Annotated[int | None, typer.Option("--weeks", metavar="N", help="Semaines par agent, échelonnées.")] = None,
) -> None:
    """Écrit des classeurs vides à distribuer, préremplis à partir d’une étude."""
    from workload.ingest.templates import write_templates

    made = write_templates(kind, form, study, out, weeks)
    typer.echo(text("templates_made", _language(), n=len(made), path=out))


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FICHIER…", help="Classeurs à importer, ou dossiers.")],
    study: Annotated[Path, typer.Option("--study", metavar="DOSSIER", help="Le dossier de l’étude.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NOM", help="Qui importe ; sinon le nom de session.")
    ] = None,
) -> None:
    """Importe des fichiers dans la base : chacun en entier ou pas du tout ; les anciens restent dans l’historique."""
    from workload.ingest.folding import fold
    from workload.store import open_store
    from workload.store.importing import FileOutcome, Outcome, import_files

    def show(found: FileOutcome) -> None:
        code = f"import_{found.outcome.value}" + ("_superseded" if found.superseded else "")
        typer.echo(text(code, _language(), file=found.file, rows=found.rows))
        for issue in fold(found.issues):
            typer.echo("  " + issue_line(issue, _language()))

    with open_store() as engine:
        summary = import_files(engine, _expand(files), study, by or getpass.getuser(), show)
    typer.echo(text("import_done", _language(), **{outcome.value: summary.files[outcome] for outcome in Outcome}))
    if summary.files[Outcome.REFUSED]:
        raise SystemExit(ExitCode.INPUT)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FICHIER…", help="Classeurs à vérifier, ou dossiers.")],
    study: Annotated[Path | None, typer.Option("--study", metavar="DOSSIER", help="Le dossier de l’étude.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Le verdict en JSON.")] = False,
    mark: Annotated[
        Path | None,
        typer.Option("--mark", metavar="DOSSIER", help="Y écrire une copie annotée de chaque fichier refusé."),
    ] = None,
) -> None:
    """Vérifie des fichiers sans rien importer : chaque case fausse, avec ce qu’il faut y écrire."""
    from workload.ingest.checking import check_files
    from workload.ingest.folding import fold
    from workload.ingest.marked_copy import mark_file

    paths = _expand(files)
    refused = False
    documents = []
    for path, found in zip(paths, check_files(paths, study), strict=True):
        refused |= not found.importable
        issues = fold(found.issues)
        if as_json:
            documents.append(_check_document(found, issues))
        else:
            _say_check(found, issues)
        if mark and not found.importable:
            copy = mark_file(path, mark, found.issues, _language())
            if copy and not as_json:
                typer.echo(text("marked_copy", _language(), path=copy))
    if as_json:
        sys.stdout.write(json.dumps({"files": documents}, ensure_ascii=False, indent=1) + "\n")
    if refused:
        raise SystemExit(ExitCode.INPUT)


def _expand(files: list[Path]) -> list[Path]:
    """Folders stand for the workbooks in them."""
    from workload.ingest.grid import SUFFIXES

    found: list[Path] = []
    for path in files:
        inside = (
            sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] not in "~.")
            if path.is_dir()
            else [path]
        )
        found += inside
    return found


def _check_document(found: "FileCheck", issues: list[Issue]) -> dict[str, Any]:
    return {
        "file": found.file,
        "kind": found.kind,
        "layout": found.layout,
        "status": found.status,
        "rows": found.rows,
        "recognised_by": found.why,
        "issues": [
            {
                "code": issue.code,
                "severity": issue.severity.value,
                "sheet": issue.sheet,
                "cell": issue.cell,
                "value": issue.value,
                "message": folded_message(issue, _language()),
                "suggestion": issue.suggestion,
            }
            for issue in issues
        ],
    }


def _say_check(found: "FileCheck", issues: list[Issue]) -> None:
    kind = text(f"kind_{found.kind}", _language())
    if found.importable:
        typer.echo(text("check_ok", _language(), file=found.file, kind=kind, layout=found.layout, rows=found.rows))
    else:
        n = sum(issue.severity is Severity.ERROR for issue in issues)
        typer.echo(text("check_refused", _language(), file=found.file, kind=kind, n=n))
    if found.layout and found.why:
        typer.echo("  " + text("recognised_by", _language(), layout=found.layout, why=found.why))
    for issue in issues:
        typer.echo("  " + issue_line(issue, _language()))


runs = typer.Typer(help="Les calculs gardés dans la base.", no_args_is_help=True)
app.add_typer(runs, name="runs")


@runs.command("save")
def runs_save(
    report: Annotated[Path, typer.Argument(metavar="RAPPORT", help="Dossier écrit par « workload run ».")],
) -> None:
    """Garde un calcul dans la base ; le même deux fois n’y change rien."""
    from workload.store import open_store, save_run

    path = report / "run.json"
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([Issue("unreadable_file" if path.is_file() else "missing_file", str(path))]) from error
    with open_store() as engine:
        saved = save_run(engine, document)
    typer.echo(text("run_saved" if saved.new else "run_known", _language(), id=saved.id[:12], title=saved.title))


@runs.command("list")
def runs_list() -> None:
    """Les calculs gardés, le plus récent d’abord."""
    from workload.store import list_runs, open_store

    with open_store() as engine:
        for saved in list_runs(engine):
            typer.echo(f"{saved.id[:12]}  {saved.saved_at:%d/%m/%Y %H:%M}  {saved.title}")


@runs.command("show")
def runs_show(prefix: Annotated[str, typer.Argument(metavar="ID", help="Le début de son identifiant.")]) -> None:
    """Écrit un calcul gardé sur la sortie standard, en JSON."""
    from workload.store import load_run, open_store

    with open_store() as engine:
        sys.stdout.write(json.dumps(load_run(engine, prefix), ensure_ascii=False, indent=1) + "\n")


class _Steps:
    """Progress: a bar on a terminal, one plain line per stage elsewhere. On standard error, results stay alone."""

    def __init__(self) -> None:
        self.bar: Progress | None = None
        self.task: Any = None
        self.label = ""

    def __enter__(self) -> "_Steps":
        if sys.stderr.isatty():
            from rich.console import Console

            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self.bar.start()
        return self

    def __call__(self, label: str, done: int, total: int) -> None:
        if self.bar is None:
            if label != self.label:
                typer.echo(text(f"stage_{label}"), err=True)
        elif label != self.label:
            self.task = self.bar.add_task(text(f"stage_{label}"), total=total, completed=done)
        else:
            self.bar.update(self.task, completed=done, total=total)
        self.label = label

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


def _say_warnings(issues: tuple[Issue, ...]) -> None:
    warnings = [issue for issue in issues if issue.severity is Severity.WARNING]
    if warnings:
        typer.echo(text("warnings_kept", n=len(warnings)), err=True)
        _say_issues(warnings, most=10)


def _say_issues(issues: list[Issue], most: int = ISSUES_PER_KIND) -> None:
    """Every issue with its address; past a great many of one kind, their number."""
    shown: Counter[str] = Counter()
    for issue in issues:
        shown[issue.code] += 1
        if shown[issue.code] <= most:
            typer.echo(issue_line(issue, _language()), err=True)
    for n in shown.values():
        if n > most:
            typer.echo(text("more_issues", _language(), n=n - most), err=True)


def _language() -> str:
    return "en" if os.environ.get("WORKLOAD_LANGUAGE", "fr").lower().startswith("en") else "fr"


def _guarded(call: Callable[[], None]) -> int:
    try:
        call()
    except InputError as error:
        _say_issues(sorted(error.issues, key=lambda i: i.severity is Severity.WARNING))
        typer.echo(error_text(error, _language()), err=True)
        return error.exit_code
    except WorkloadError as error:
        typer.echo(error_text(error, _language()), err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo(text("interrupted", _language()), err=True)
        return 130
    except Exception as error:
        if os.environ.get("WORKLOAD_DEBUG"):
            raise
        typer.echo(text("internal_error", _language(), kind=type(error).__name__), err=True)
        return ExitCode.INTERNAL
    return ExitCode.OK


def main() -> None:
    sys.exit(_guarded(lambda: app(standalone_mode=True)))
