"""What every command says, and how: progress, remarks, issues, tables."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from workload.catalogue import issue_line, text
from workload.errors import Issue, Severity

ISSUES_PER_KIND = 200


class Steps:
    """Progress: a bar on a terminal, one plain line per stage elsewhere. On standard error, results stay alone."""

    def __init__(self) -> None:
        self.bar: Progress | None = None
        self.task: Any = None
        self.label = ""

    def __enter__(self) -> "Steps":
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


def say_warnings(issues: tuple[Issue, ...]) -> None:
    warnings = [issue for issue in issues if issue.severity is Severity.WARNING]
    if warnings:
        typer.echo(text("warnings_kept", n=len(warnings)), err=True)
        say_issues(warnings, most=10)


def say_issues(issues: list[Issue], most: int = ISSUES_PER_KIND) -> None:
    """Every issue with its address; past a great many of one kind, their number."""
    shown: Counter[str] = Counter()
    for issue in issues:
        shown[issue.code] += 1
        if shown[issue.code] <= most:
            typer.echo(issue_line(issue, language()), err=True)
    for n in shown.values():
        if n > most:
            typer.echo(text("more_issues", language(), n=n - most), err=True)


def language() -> str:
    return "en" if os.environ.get("WORKLOAD_LANGUAGE", "fr").lower().startswith("en") else "fr"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table in columns: the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
