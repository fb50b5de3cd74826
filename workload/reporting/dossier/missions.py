"""All territories of a mission on one table; what the other missions say; the years."""

from collections.abc import Sequence

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.reporting.dossier.cost import done_in
from workload.reporting.dossier.ledger import ledger_of
from workload.reporting.dossier.model import Mission as MissionPage
from workload.reporting.dossier.model import Row, Table
from workload.reporting.dossier.reading import Mission, nearest, need_threshold, parameter, supported
from workload.reporting.dossier.territory import causes
from workload.reporting.dossier.words import between, entry, posts, pressure, say, sentences
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet


def posts_table(sheet: Sheet, mission: Mission, caption: str) -> Table:
    confidence = wording.percent(parameter(sheet, "confidence_level", 0.95))
    rows = [_posts_row(row) for row in mission.allocation]
    whole, need = mission.whole, sum(row["need_fte"] for row in mission.allocation)
    totals = [whole["total_posts_before"], whole["total_posts_after"]]
    rows.append(
        Row(
            (
                entry("posts.total"),
                posts_text(totals[0]),
                number(need, 2),
                posts_text(totals[1]),
                wording.change_figure(totals[1] - totals[0]),
                "",
                "",
            ),
            "level",
        )
    )
    keys = ("territory", "current", "need", "final", "change", "pressure", "kept")
    note = say("posts.note", draws=number(sheet.rows("scenario")[0]["draws_n"], 0))
    if any(not supported(row) for row in mission.allocation):
        note = f"{note} {entry('posts.mark_note')}"
    columns = tuple(say(f"posts.{key}", confidence=confidence) for key in keys)
    return Table(caption, columns, (False, *[True] * 6), tuple(rows), (1, 0, 0, 0, 0, 0, 0), note)


def _posts_row(row: SheetRow) -> Row:
    name = row["territory"] if supported(row) else say("posts.marked", name=row["territory"])
    need = f"{number(row['need_fte'], 2)} ({between(row['need_low'], row['need_high'], 2)})"
    return Row(
        (
            name,
            posts_text(row["posts_current"]),
            need,
            posts_text(row["posts_final"]),
            wording.change_figure(row["change"]),
            f"{pressure(row['pressure_before'])} → {pressure(row['pressure_after'])}",
            wording.percent(float(row["kept_share"])),
        )
    )


def mission_page(sheet: Sheet, mission: Mission) -> MissionPage:
    whole = mission.whole
    total = posts(whole["total_posts_before"])
    found = [say("posts.constant", total=total)]
    found.append(say("missions.decided", line=whole["deciding_line"]) if whole["deciding_line"] else "")
    if whole["undeclared_share"]:
        found.append(say("missions.undeclared", share=wording.percent(whole["undeclared_share"])))
    found.append("" if mission.moves else entry("missions.nothing"))
    return MissionPage(
        mission.name,
        posts_table(sheet, mission, say("missions.caption", mission=mission.name)),
        sentences(found),
        _reasons(sheet, mission),
        ceilings_table(sheet, mission),
    )


def _reasons(sheet: Sheet, mission: Mission) -> Table | None:
    rows = []
    for row in mission.moves:
        id = row["territory_id"]
        possible = [of for of in nearest(sheet, mission.id, id) if of["needed"] is not None]
        need = need_threshold(sheet, mission.id, id)
        nearest_said = possible[0]["sentence"] if possible else need["sentence"] if need else ""
        sure = f"{row['supported']}. {row['other_ways']}."
        name = f"{row['territory']} ({wording.change_figure(row['change'])})"
        rows.append(Row((name, causes(ledger_of(sheet, mission.id, id)), nearest_said, sure)))
    if not rows:
        return None
    columns = (entry("posts.territory"), *(entry(f"missions.{key}") for key in ("why", "nearest", "sure")))
    caption = say("missions.reasons_caption", mission=mission.name)
    return Table(caption, columns, (False,) * 4, tuple(rows), (3, 5, 5, 5))


def ceilings_table(sheet: Sheet, mission: Mission) -> Table | None:
    gaps = sheet.rows("caseload_gap", mission.id)
    if not gaps:
        return None
    keys = ("active", "served", "unserved")
    rows = [
        Row(
            (
                gap["territory"],
                *(
                    entry("missions.secret") if gap[f"{key}_files_n"] is None else number(gap[f"{key}_files_n"], 0)
                    for key in keys
                ),
                number(gap["missing_posts"]),
            )
        )
        for gap in gaps
    ]
    missing = number(sum(gap["missing_posts"] for gap in gaps))
    rows.append(Row((entry("posts.total"), "", "", "", missing), "level"))
    columns = (entry("posts.territory"), *(entry(f"missions.{key}") for key in (*keys, "missing")))
    caption = say("missions.ceilings_caption", mission=mission.name)
    note = entry("missions.ceilings_note")
    return Table(caption, columns, (False, True, True, True, True), tuple(rows), (1, 0, 0, 0, 0), note)


def plans(sheet: Sheet, missions: Sequence[Mission]) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """A table for each mission that has one, and a sentence for each that has none."""
    tables, said = [], []
    for mission in missions:
        rows = sheet.rows("plan", mission.id)
        if not mission.moves:
            said.append(say("plan.nothing", mission=mission.name))
        elif not rows:
            said.append(say("plan.none", mission=mission.name))
        else:
            tables.append(_plan_table(mission, rows))
    return tuple(tables), tuple(said)


def _plan_table(mission: Mission, rows: Sequence[SheetRow]) -> Table:
    years = sorted({int(row["year"]) for row in rows})
    at = {(row["territory_id"], int(row["year"])): float(row["posts"]) for row in rows}
    left = {row["territory_id"]: float(row["remaining"]) for row in rows}
    shows_left = done_in(mission, rows) is None
    found = []
    for row in mission.allocation:
        id = row["territory_id"]
        cells = [posts_text(at[id, year]) if (id, year) in at else "" for year in years]
        found.append(
            Row((row["territory"], *cells, *([wording.change_figure(left.get(id, 0.0))] if shows_left else [])))
        )
    totals = [posts_text(sum(at.get((row["territory_id"], year), 0.0) for row in mission.allocation)) for year in years]
    found.append(Row((entry("posts.total"), *totals, *([""] if shows_left else [])), "level"))
    columns = (entry("posts.territory"), *map(str, years), *([entry("plan.left")] if shows_left else []))
    n = len(columns)
    return Table(
        say("plan.caption", mission=mission.name),
        columns,
        (False, *[True] * (n - 1)),
        tuple(found),
        (1, *[0] * (n - 1)),
    )
