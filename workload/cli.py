"""The command line. Thin: options in, one call, words out; no traceback ever reaches the person."""

import os
import sys
from collections.abc import Callable
from typing import Annotated

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: on small matrices a second thread only waits

import typer

from workload import __version__
from workload.catalogue import error_text, text
from workload.commands import files, study
from workload.commands.accounts import accounts
from workload.commands.allocate import allocate
from workload.commands.console import language, say_issues
from workload.commands.database import db
from workload.commands.privacy import privacy
from workload.commands.runs import runs
from workload.commands.scenarios import scenarios
from workload.commands.service import serve, worker
from workload.commands.serving import dashboards_export, up
from workload.commands.verify import verify
from workload.errors import ExitCode, InputError, Severity, WorkloadError

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


for command in (study.run, study.compare, allocate, files.template, files.check, verify):
    app.command()(command)
app.command("import")(files.import_)
app.command()(up)
app.command()(serve)
app.command()(worker)
app.command("dashboards-export")(dashboards_export)
app.add_typer(runs, name="runs")
app.add_typer(db, name="db")
app.add_typer(scenarios, name="scenario")
app.add_typer(accounts, name="account")
app.add_typer(privacy, name="privacy")


def _guarded(call: Callable[[], None]) -> int:
    try:
        call()
    except InputError as error:
        say_issues(sorted(error.issues, key=lambda i: i.severity is Severity.WARNING))
        typer.echo(error_text(error, language()), err=True)
        return error.exit_code
    except WorkloadError as error:
        typer.echo(error_text(error, language()), err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo(text("interrupted", language()), err=True)
        return 130
    except Exception as error:
        if os.environ.get("WORKLOAD_DEBUG"):
            raise
        typer.echo(text("internal_error", language(), kind=type(error).__name__), err=True)
        return ExitCode.INTERNAL
    return ExitCode.OK


def main() -> None:
    sys.exit(_guarded(lambda: app(standalone_mode=True)))


if __name__ == "__main__":
    main()
