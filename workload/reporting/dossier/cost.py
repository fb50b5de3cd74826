"""What a scenario costs: posts that move, how far, by when, and what ceilings leave unserved at constant total."""

from collections.abc import Sequence

from workload.catalogue import number
from workload.reporting import wording
from workload.reporting.dossier.reading import Mission, occupied_allowed
from workload.reporting.dossier.words import entry, posts, say, sentences, some
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet


def cost(sheet: Sheet, missions: Sequence[Mission]) -> tuple[str, ...]:
    main = missions[0]
    moved = main.whole["posts_moved"]
    found = [entry("cover.cost_none")]
    if moved:
        found.append(say("cover.cost_moved" if moved >= 2 else "cover.cost_moved_one", moved=posts(moved)))
        if kilometres := main.whole["post_kilometres"]:
            distance = f"{number(kilometres / moved, 0)}{wording.NO_BREAK}km"
            found.append(say("cover.cost_distance", km=distance))
        found.append(_plan(sheet, main))
    found.append(_ceilings(sheet, missions))
    return sentences(found)


def missing_posts(sheet: Sheet, missions: Sequence[Mission]) -> dict[str, float]:
    """Mission → posts that its caseload ceilings would ask for beyond the total; those that lack none left out."""
    missing = {m.name: sum(row["missing_posts"] for row in sheet.rows("caseload_gap", m.id)) for m in missions}
    return {name: posts for name, posts in missing.items() if posts}


def _ceilings(sheet: Sheet, missions: Sequence[Mission]) -> str:
    missing = missing_posts(sheet, missions)
    if not missing:
        return ""
    return say("cover.cost_ceilings", missions=some(missing), missing=wording.about(sum(missing.values())))


def _plan(sheet: Sheet, mission: Mission) -> str:
    rows = sheet.rows("plan", mission.id)
    if not rows:
        return str(entry("cover.cost_no_plan"))
    how = entry("cover.how_occupied" if occupied_allowed(sheet) else "cover.how_free")
    done = done_in(mission, rows)
    if done is not None:
        return say("cover.cost_plan", year=done, how=how)
    return say("cover.cost_plan_part", year=max(row["year"] for row in rows), left=posts(left_of(rows)), how=how)


def done_in(mission: Mission, rows: Sequence[SheetRow]) -> int | None:
    """The first year at whose end every territory has what it is to have; None where the plan does not get there."""
    final = {row["territory_id"]: row["posts_final"] for row in mission.allocation}
    years = sorted({int(row["year"]) for row in rows})
    done = [
        year
        for year in years
        if all(abs(row["posts"] - final[row["territory_id"]]) < 1e-9 for row in rows if row["year"] == year)
    ]
    return done[0] if done else None


def left_of(rows: Sequence[SheetRow]) -> float:
    """Posts that still have to move after the last year: what remains to be given, or as much to be received."""
    last = {row["territory_id"]: float(row["remaining"]) for row in rows}
    return sum(abs(left) for left in last.values()) / 2 if last else 0.0
