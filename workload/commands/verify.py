"""`verify`: an evidence file, checked by whoever received it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workload.catalogue import text
from workload.commands.console import language
from workload.errors import ExitCode, RequestError

if TYPE_CHECKING:
    from workload.reporting.evidence_file import Verification

SHOWN_MOST = 50


def verify(
    file: Annotated[Path, typer.Argument(metavar="FICHIER.zip", help="Le dossier de preuves.")],
    fingerprint: Annotated[
        str, typer.Option("--fingerprint", metavar="EMPREINTE", help="Celle que montre la page du site.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Le verdict en JSON.")] = False,
) -> None:
    """Vérifie un dossier de preuves, sans base ni réseau : chaque octet, la signature, chaque chiffre recalculé."""
    from workload.reporting.evidence_file import verify_evidence

    try:
        found = verify_evidence(file, fingerprint)
    except OSError as error:
        raise RequestError("evidence_unopened", path=file, reason=error.strerror or type(error).__name__) from error
    if as_json:
        document = {"identical": found.identical} | asdict(found)
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    else:
        _say(found)
    if not found.identical:
        raise SystemExit(ExitCode.INPUT)


def _say(found: "Verification") -> None:
    said = language()
    if found.head:
        simulated = text("verify_simulated", said) if found.head["simulated"] else ""
        typer.echo(text("verify_head", said, title=found.head["title"], run=found.head["run_id"]) + simulated)
    for finding in found.findings:
        typer.echo("  " + text(finding.code, said, **finding.params))
    for difference in found.differences[:SHOWN_MOST]:
        code = "verify_difference" if difference.line else "verify_difference_nowhere"
        typer.echo("  " + text(code, said, **asdict(difference)))
    if len(found.differences) > SHOWN_MOST:
        typer.echo("  " + text("verify_more", said, n=len(found.differences) - SHOWN_MOST))
    if found.identical:
        typer.echo(text("verify_identical", said, n=found.compared_n))
    else:
        typer.echo(text("verify_not_identical", said, n=len(found.findings), differences=len(found.differences)))
    if found.fingerprint:
        checked = found.expected and not any(f.code == "evidence_other_key" for f in found.findings)
        code = "verify_key_checked" if checked else "verify_key_unchecked"
        typer.echo(text(code, said, fingerprint=found.fingerprint))
