"""`template`, `import`, `check`: workbooks that go out and come back."""

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workload.catalogue import folded_message, issue_line, text
from workload.commands.console import language
from workload.errors import ExitCode, Issue, Severity

if TYPE_CHECKING:
    from workload.ingest.checking import FileCheck


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
    typer.echo(text("templates_made", language(), n=len(made), path=out))


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
        typer.echo(text(code, language(), file=found.file, rows=found.rows))
        for issue in fold(found.issues):
            typer.echo("  " + issue_line(issue, language()))

    with open_store() as engine:
        summary = import_files(engine, _expand(files), study, by or getpass.getuser(), show)
    typer.echo(text("import_done", language(), **{outcome.value: summary.files[outcome] for outcome in Outcome}))
    if summary.files[Outcome.REFUSED]:
        raise SystemExit(ExitCode.INPUT)


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
            copy = mark_file(path, mark, found.issues, language())
            if copy and not as_json:
                typer.echo(text("marked_copy", language(), path=copy))
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
                "message": folded_message(issue, language()),
                "suggestion": issue.suggestion,
            }
            for issue in issues
        ],
    }


def _say_check(found: "FileCheck", issues: list[Issue]) -> None:
    kind = text(f"kind_{found.kind}", language())
    if found.importable:
        typer.echo(text("check_ok", language(), file=found.file, kind=kind, layout=found.layout, rows=found.rows))
    else:
        n = sum(issue.severity is Severity.ERROR for issue in issues)
        typer.echo(text("check_refused", language(), file=found.file, kind=kind, n=n))
    if found.layout and found.why:
        typer.echo("  " + text("recognised_by", language(), layout=found.layout, why=found.why))
    for issue in issues:
        typer.echo("  " + issue_line(issue, language()))
