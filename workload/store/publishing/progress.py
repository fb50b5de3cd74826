"""How far a campaign is, in steps so coarse that nobody can be told from them.

Sheets received are said to be at least a multiple of the minimum, and never so many that fewer than the minimum could
be missing, unless all are there: who has not answered yet stays unknown, and between two publications the figures move
by whole steps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from workload.pipeline import RunResult
from workload.store.publishing.words import DEPARTMENT, said


@dataclass(frozen=True, slots=True)
class Sheets:
    """Of one mission, by territory: posts occupied, answers, refused sheets that nobody corrected since."""

    expected_n: Mapping[str, int]
    received_n: Mapping[str, int]
    wrong_n: Mapping[str, int]


def sheets_of(connection: Connection, result: RunResult, period: str) -> dict[str, Sheets]:
    """By mission. Answers are those of the database; where the campaign was never imported, those of the run."""
    study = result.study.settings.title
    response = result.time_use.response
    received = _counts(connection, RECEIVED, study, period)
    wrong = _counts(connection, WRONG, study, period)
    if not received:
        received = {
            (str(m), str(t)): int(n)
            for m, t, n in zip(response["mission"], response["territory"], response["respondents_n"], strict=True)
        }
    found = {}
    for mission in result.missions:
        own = response[response["mission"] == mission]
        expected = {str(t): int(n) for t, n in zip(own["territory"], own["occupied_n"], strict=True)}
        found[mission] = Sheets(
            expected,
            {t: min(received.get((mission, t), 0), n) for t, n in expected.items()},
            {t: wrong.get((mission, t), 0) for t in expected},
        )
    return found


def live_progress(
    connection: Connection, study: str, period: str, expected: Mapping[tuple[str, str], int], minimum: int
) -> dict[tuple[str, str], dict[str, Any]]:
    """(mission, territory) → what may be said of its campaign now; the same steps as when it is published.

    study: its title; expected: posts occupied.
    """
    received, wrong = _counts(connection, RECEIVED, study, period), _counts(connection, WRONG, study, period)
    return {key: progress(n, min(received.get(key, 0), n), wrong.get(key, 0), minimum) for key, n in expected.items()}


RECEIVED = """
    SELECT a.mission, a.territory, count(DISTINCT a.agent)
    FROM core.answer AS a JOIN core.campaign AS c ON c.id = a.campaign_id
    WHERE c.study = :study AND c.period = :period AND a.superseded_at IS NULL
    GROUP BY a.mission, a.territory
"""
WRONG = """
    SELECT r.mission, r.territory, count(DISTINCT coalesce(r.agent, r.sha256))
    FROM core.import_refusal AS r JOIN core.campaign AS c ON c.id = r.campaign_id
    WHERE c.study = :study AND c.period = :period AND NOT EXISTS (
        SELECT FROM core.answer AS a JOIN core.import_file AS f ON f.id = a.file_id
        WHERE a.campaign_id = c.id AND a.agent = r.agent AND f.imported_at >= r.refused_at
    )
    GROUP BY r.mission, r.territory
"""


def _counts(connection: Connection, query: str, study: str, period: str) -> dict[tuple[str, str], int]:
    rows = connection.execute(text(query), {"study": study, "period": period})
    return {(str(mission), str(territory)): int(n) for mission, territory, n in rows}


def progress_rows(
    result: RunResult, sheets: Mapping[str, Sheets], minimum: int, import_url: str | None
) -> Iterator[dict[str, Any]]:
    """Rows of published.campaign_progress; the département adds what each territory may say."""
    campaign = result.study.settings.campaign
    period = f"{campaign.start:%d/%m/%Y} – {campaign.end:%d/%m/%Y}" if campaign else ""
    for mission, of in sheets.items():
        rows = [
            progress(of.expected_n[t], of.received_n[t], of.wrong_n[t], minimum) | {"territory_id": t}
            for t in of.expected_n
        ]
        for row in [*rows, _together(rows, minimum) | {"territory_id": DEPARTMENT}]:
            link = {"import_url": f"{import_url}?territoire={row['territory_id']}" if import_url else None}
            yield {"mission_id": mission, "campaign": period, **row, **link}


def progress(expected: int, received: int, wrong: int, minimum: int) -> dict[str, Any]:
    """What may be said of one group. expected: known from the register; a group under the minimum says nothing."""
    if expected < minimum:
        return _untold(minimum) | {"with_errors": said("progress.untold"), "with_errors_at_least_n": 0}
    complete = received == expected
    least = expected if complete else max(0, min(received, expected - minimum)) // minimum * minimum
    return _said(expected, least, complete, minimum) | _wrong(wrong, minimum)


def _untold(minimum: int) -> dict[str, Any]:
    few = said("progress.few", minimum=minimum)
    unknown = dict.fromkeys(("expected_n", "received_at_least_n", "missing_at_most_n"))
    return unknown | {"complete": False, "received": few, "response": few}


def _said(expected: int, least: int, complete: bool, minimum: int) -> dict[str, Any]:
    key = "complete" if complete else "at_least" if least else "few_received" if expected < 2 * minimum else "at_least"
    return {
        "expected_n": expected,
        "received_at_least_n": least,
        "missing_at_most_n": expected - least,
        "complete": complete,
        "received": said(f"progress.{key}", n=least, expected=expected, minimum=minimum),
        "response": said("progress.all") if complete else _rate(least / expected) if least else said("progress.untold"),
    }


def _rate(rate: float) -> str:
    """Of the least number received: it says no more than that number does."""
    return said("progress.rate", percent=int(100 * rate))


def _wrong(wrong: int, minimum: int) -> dict[str, Any]:
    least = wrong // minimum * minimum
    key = "none" if not wrong else "many" if least else "some"
    return {
        "with_errors": said(f"progress.{key}", n=least, minimum=minimum),
        "with_errors_at_least_n": least,
    }


def _together(rows: list[dict[str, Any]], minimum: int) -> dict[str, Any]:
    """Made of what each territory says, so that it tells nothing more."""
    told = [row for row in rows if row["expected_n"] is not None]
    expected, least = (sum(int(row[name]) for row in told) for name in ("expected_n", "received_at_least_n"))
    complete = bool(rows) and all(row["complete"] for row in rows)
    wrong = sum(int(row["with_errors_at_least_n"]) for row in rows)
    any_wrong = any(row["with_errors"] not in (said("progress.none"), said("progress.untold")) for row in rows)
    shown = _said(expected, least, complete, minimum) if told else _untold(minimum)
    return shown | _wrong(wrong or int(any_wrong), minimum)
