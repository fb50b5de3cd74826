"""The page for the assembly: who gives, who receives, at what total, why, how sure it is, what it costs."""

from collections.abc import Iterable, Sequence

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.reporting.dossier import drawings
from workload.reporting.dossier.cost import cost
from workload.reporting.dossier.ledger import ledger_of
from workload.reporting.dossier.model import Cover, Passage, Row, Table
from workload.reporting.dossier.outlines import Outlines
from workload.reporting.dossier.reading import (
    Mission,
    day,
    extremes,
    imposed,
    safe,
    supported,
    surveyed,
)
from workload.reporting.dossier.territory import causes
from workload.reporting.dossier.words import apart, entry, posts, pressure, say, sentences, some
from workload.reporting.view import day_text
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet

TABLE_ROWS = 9


def cover_of(sheet: Sheet, missions: Sequence[Mission], outlines: Outlines | None) -> Cover:
    main = missions[0]
    scenario = sheet.rows("scenario")[0]
    passages = (
        Passage(entry(f"cover.asked.{sheet.status}"), _asked(main, missions[1:])),
        Passage(entry("cover.why"), _why(sheet, main)),
        Passage(entry("cover.sure"), _sure(sheet, main)),
        Passage(entry("cover.cost"), cost(sheet, missions)),
    )
    return Cover(
        entry(f"status.names.{sheet.status}"),
        _status(sheet.status, scenario),
        say("head.scenario", scenario=scenario["scenario"]),
        str(scenario["description"]),
        say("head.day", day=day_text(day(sheet.study["day"]))),
        notice_of(sheet),
        passages,
        drawings.cover_map(outlines, main),
        _table(main),
        entry("cover.limits"),
    )


def notice_of(sheet: Sheet) -> str:
    if not sheet.study["simulated"]:
        return ""
    return str(sheet.study["notice"]).strip() or str(entry("head.simulated_default"))


def _status(status: str, scenario: SheetRow) -> str:
    if status != "published":
        return say(f"status.said.{status}")
    when = scenario.get("published_at")
    return say("status.said.published", day=day_text(day(when))) if when else say("status.said.published_undated")


def change_item(row: SheetRow) -> str:
    return say("cover.item", territory=row["territory"], change=wording.change(row["change"]))


def _several(key: str, rows: Sequence[SheetRow], items: Iterable[str]) -> str:
    if not rows:
        return ""
    return say(f"cover.{key}_one" if len(rows) == 1 else f"cover.{key}", list=some(items))


def _by_size(rows: Iterable[SheetRow]) -> list[SheetRow]:
    return sorted(rows, key=lambda row: -abs(row["change"]))


def _asked(main: Mission, others: Sequence[Mission]) -> tuple[str, ...]:
    before, after = (posts(main.whole[f"total_posts_{when}"]) for when in ("before", "after"))
    gives = _by_size(row for row in main.moves if row["change"] < 0)
    receives = _by_size(row for row in main.moves if row["change"] > 0)
    still = [row for row in main.allocation if not row["change"]]
    if not main.moves:
        found = [say("cover.asked_nothing", mission=main.name, total=before)]
    else:
        found = [
            say("cover.asked_moves", mission=main.name, total=before, before=before, after=after),
            _several("gives", gives, map(change_item, gives)),
            _several("receives", receives, map(change_item, receives)),
            _several("unchanged", still, (row["territory"] for row in still)),
        ]
    if others:
        found.append(say("cover.others", list=apart(map(_other, others), 4)))
    return sentences(found)


def _other(mission: Mission) -> str:
    total, moved = posts(mission.whole["total_posts_before"]), mission.whole["posts_moved"]
    key = "others_item" if moved else "others_still"
    return say(f"cover.{key}", mission=mission.name, total=total, moved=posts_text(moved))


def _why(sheet: Sheet, main: Mission) -> tuple[str, ...]:
    before, after = extremes(main.allocation, "pressure_before"), extremes(main.allocation, "pressure_after")
    if before is None or after is None:
        return ()
    low, high = before
    params = {
        "low": pressure(low["pressure_before"]),
        "where_low": low["territory"],
        "high": pressure(high["pressure_before"]),
        "where_high": high["territory"],
    }
    if not main.moves:
        return (say("cover.why_nothing", **params),)
    spreads = [
        number(100 * (of[1][key] - of[0][key]), 1)
        for of, key in ((before, "pressure_before"), (after, "pressure_after"))
    ]
    found = [
        say(
            "cover.why_pressure",
            **params,
            low_after=pressure(after[0]["pressure_after"]),
            high_after=pressure(after[1]["pressure_after"]),
            spread_before=spreads[0],
            spread_after=spreads[1],
        )
    ]
    for row in _by_size(main.moves)[:2]:
        named = causes(ledger_of(sheet, main.id, row["territory_id"]))
        found.append(say("cover.why_causes", territory=row["territory"], list=named) if named else "")
    return sentences(found)


def _sure(sheet: Sheet, main: Mission) -> tuple[str, ...]:
    key = "draws" if surveyed(sheet) else "draws_without_survey"
    draws = say(f"cover.{key}", draws=number(sheet.rows("scenario")[0]["draws_n"], 0))
    if not main.moves:
        return (entry("cover.no_move"), draws)
    moves = _by_size(main.moves)
    kinds = {
        "supported": [row for row in moves if supported(row)],
        "imposed": [row for row in moves if imposed(row)],
        "unsupported": [row for row in moves if not supported(row) and not imposed(row)],
    }
    found = [say(f"cover.{key}", list=some(map(change_item, rows))) for key, rows in kinds.items() if rows]
    for key, rows in (("safe", [r for r in moves if safe(r)]), ("parted", [r for r in moves if not safe(r)])):
        found.append(say(f"cover.{key}", list=some(row["territory"] for row in rows)) if rows else "")
    return sentences([draws, *found])


def _table(main: Mission) -> Table:
    """The largest changes; those of other territories stand on the page of all of them."""
    rows = list(main.allocation)
    if len(rows) > TABLE_ROWS:
        kept = {row["territory_id"] for row in _by_size(rows)[:TABLE_ROWS]}
        rows = [row for row in rows if row["territory_id"] in kept]
    shown = [
        Row(
            (
                row["territory"],
                posts_text(row["posts_current"]),
                posts_text(row["posts_final"]),
                wording.change_figure(row["change"]),
            )
        )
        for row in rows
    ]
    if rest := len(main.allocation) - len(rows):
        shown.append(Row((entry("cover.and_one") if rest == 1 else say("cover.and_others", n=rest), "", "", "")))
    total = [posts_text(main.whole[f"total_posts_{when}"]) for when in ("before", "after")]
    difference = main.whole["total_posts_after"] - main.whole["total_posts_before"]
    shown.append(Row((entry("posts.total"), *total, wording.change_figure(difference)), "level"))
    columns = (*(entry(f"posts.{key}") for key in ("territory", "current", "final")), entry("cover.table_change"))
    return Table(say("cover.table", mission=main.name), columns, (False, True, True, True), tuple(shown), (1, 0, 0, 0))
