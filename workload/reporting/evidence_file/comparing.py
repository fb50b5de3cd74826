"""Stated against recomputed, row by row, at the address a reader finds: file, line, column."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from workload.catalogue import text
from workload.errors import WorkloadError
from workload.recount import Recounted, recount
from workload.reporting.evidence_file.csv_tables import figure, fraction
from workload.reporting.evidence_file.differences import Compared, Difference, Table

FIRST_LINE = 2  # under the heading, as Excel counts
TABLE_DIGITS = 5e-10  # tables say need and fair share to at least ten digits
SUM_GAP = 1e-9


def compare_tables(basis: Mapping[str, Any], tables: Mapping[str, Table]) -> tuple[list[Difference], int]:
    """Every difference, and how many figures were compared. tables: "tables/….csv" → its rows."""
    compared = Compared()
    for id, of in basis.items():
        try:
            found = recount(of)
        except WorkloadError as error:
            reason = f"{error.code} {error.params}"[:200]
            compared.same(False, Difference("basis.json", 0, "", str(id)[:80], text("evidence_stated_basis"), reason))
            continue
        _allocation(compared, id, found, tables["tables/allocation.csv"])
        _totals(compared, id, found, tables["tables/scenario_mission.csv"])
        _ledger(compared, id, found, tables["tables/ledger.csv"])
        _components(compared, id, found, tables["tables/need_component.csv"])
        _weights(compared, id, of, tables["tables/weight.csv"])
        _counts(compared, of, tables["tables/indicator.csv"], tables["tables/indicator_value.csv"])
    for file, rows in tables.items():
        strangers = {row["mission_id"] for row in rows if "mission_id" in row} - set(basis)
        for mission in sorted(strangers):
            compared.same(False, Difference(file, 0, "mission_id", mission, mission, "–"))
    return compared.found, compared.n


def _own(table: Table, mission: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    for line, row in enumerate(table, start=FIRST_LINE):
        if row.get("mission_id") == mission:
            yield line, row


def _by_territory(table: Table, mission: str) -> dict[str, list[tuple[int, Mapping[str, str]]]]:
    found: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
    for line, row in _own(table, mission):
        found.setdefault(row.get("territory_id", ""), []).append((line, row))
    return found


def _allocation(compared: Compared, mission: str, found: Recounted, table: Table) -> None:
    file, rows = "tables/allocation.csv", _by_territory(table, mission)
    for t, territory in enumerate(found.territories):
        about = f"{mission} · {territory}"
        mine = rows.pop(territory, [])
        if len(mine) != 1:
            compared.same(
                False, Difference(file, mine[1][0] if mine else 0, "territory_id", about, str(len(mine)), "1")
            )
            continue
        (line, row), ledger = mine[0], found.ledgers[t]
        exact = {"posts_current": ledger.current, "posts_final": ledger.final, "change": ledger.change}
        for column, posts in exact.items():
            compared.number(file, line, row, column, about, float(posts), 0.0)
        compared.number(file, line, row, "fair_share", about, float(ledger.fair_share), TABLE_DIGITS)
        compared.number(file, line, row, "need_fte", about, found.need_fte[t], TABLE_DIGITS)
    _too_many(compared, file, mission, rows)


def _totals(compared: Compared, mission: str, found: Recounted, table: Table) -> None:
    file, rows = "tables/scenario_mission.csv", list(_own(table, mission))
    if len(rows) != 1:
        compared.same(False, Difference(file, 0, "mission_id", mission, str(len(rows)), "1"))
        return
    line, row = rows[0]
    before = sum((ledger.current for ledger in found.ledgers), Fraction(0))
    after = sum((ledger.final for ledger in found.ledgers), Fraction(0))
    compared.number(file, line, row, "total_posts_before", mission, float(before), 0.0)
    compared.number(file, line, row, "total_posts_after", mission, float(after), 0.0)


def _ledger(compared: Compared, mission: str, found: Recounted, table: Table) -> None:
    """Cause by cause in their order; each fraction exactly."""
    file, rows = "tables/ledger.csv", _by_territory(table, mission)
    for ledger in found.ledgers:
        expected = [("start", ledger.current), *((r.cause, r.posts) for r in ledger.rows), ("end", ledger.final)]
        mine, at = rows.pop(ledger.unit, []), Fraction(0)
        for k in range(max(len(mine), len(expected))):
            line, row = mine[k] if k < len(mine) else (0, {})
            cause, posts = expected[k] if k < len(expected) else ("–", Fraction(0))
            about = f"{mission} · {ledger.unit} · {cause}"
            compared.same(
                row.get("cause") == cause, Difference(file, line, "cause", about, row.get("cause", "–"), cause)
            )
            if row.get("cause") != cause:
                break
            at = posts if cause == "end" else at + posts
            stated = row.get("posts_exact", "")
            try:
                agrees = len(stated) < 2_000 and fraction(stated) == posts
            except ValueError:
                agrees = False
            shown = str(posts).replace("/", "÷").replace("-", "\u2212")
            compared.same(agrees, Difference(file, line, "posts_exact", about, stated[:200], shown))
            compared.number(file, line, row, "posts", about, float(posts), SUM_GAP)
            compared.number(file, line, row, "posts_after_row", about, float(at), SUM_GAP)
    _too_many(compared, file, mission, rows)


def _components(compared: Compared, mission: str, found: Recounted, table: Table) -> None:
    file, rows = "tables/need_component.csv", _by_territory(table, mission)
    for t, territory in enumerate(found.territories):
        expected = dict(found.contributions_fte[t])
        for line, row in rows.pop(territory, []):
            component = row.get("component", "")
            about = f"{mission} · {territory} · {component}"
            if component not in expected:
                compared.same(False, Difference(file, line, "component", about, component, "–"))
                continue
            compared.number(file, line, row, "need_fte", about, expected.pop(component), SUM_GAP)
        for component in expected:
            about = f"{mission} · {territory} · {component}"
            compared.same(False, Difference(file, 0, "component", about, "–", component))
    _too_many(compared, file, mission, rows)


def _weights(compared: Compared, mission: str, basis: Mapping[str, Any], table: Table) -> None:
    """The table says weights to three digits, to two where few sheets changed: either rounding of ours will do."""
    known = {c["id"]: c["minutes_per_unit"] for c in basis["components"]}
    for line, row in _own(table, mission):
        id = f"{row.get('indicator_id')}@{row.get('domain')}"
        if row.get("retained") != "vrai" or known.get(id) is None:
            continue
        value, about = known[id], f"{mission} · {id}"
        rounded = [float(f"{value:.{digits}g}") for digits in (3, 2)]
        try:
            stated = figure(row.get("minutes_per_unit", ""))
        except ValueError:
            stated = None
        shown = repr(rounded[0]).replace(".", ",")
        compared.same(
            stated in rounded,
            Difference("tables/weight.csv", line, "minutes_per_unit", about, row.get("minutes_per_unit", ""), shown),
        )


def _counts(compared: Compared, basis: Mapping[str, Any], indicators: Table, values: Table) -> None:
    """The counts that the need stands on are those shown of the territories, wherever both are."""
    year = {row.get("indicator_id"): row.get("year") for row in indicators}
    place = {t["id"]: k for k, t in enumerate(basis["territories"])}
    parts: dict[str, int] = {}
    for p, c in enumerate(basis["components"]):
        parts.setdefault(c["indicator"], p)
    for line, row in enumerate(values, start=FIRST_LINE):
        k, of = place.get(row.get("place_id", "")), parts.get(row.get("indicator_id", ""))
        if row.get("level") != "territoire" or k is None or of is None or not row.get("value"):
            continue
        units = basis["units"][k][of]
        if units is None or row.get("year") != year.get(row.get("indicator_id")) or not math.isfinite(units):
            continue
        about = f"{row.get('place')} · {row.get('indicator')}"
        compared.number("tables/indicator_value.csv", line, row, "value", about, float(units), SUM_GAP)


def _too_many(compared: Compared, file: str, mission: str, rows: Mapping[str, list[Any]]) -> None:
    for territory, mine in rows.items():
        about = f"{mission} · {territory}"
        compared.same(False, Difference(file, mine[0][0], "territory_id", about, territory, "–"))
