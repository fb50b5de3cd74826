"""The two pages of a territory."""

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.reporting.dossier import drawings
from workload.reporting.dossier.ledger import Ledger, by_domain, ledger_of
from workload.reporting.dossier.model import Passage, Territory, Tile
from workload.reporting.dossier.outlines import Outlines
from workload.reporting.dossier.reading import Mission, parameter, supported
from workload.reporting.dossier.second_page import drawn, second_pages, sure
from workload.reporting.dossier.words import (
    apart,
    between,
    entry,
    posts,
    pressure,
    say,
    sentences,
)
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet

LEVEL_POSTS = 0.05  # a gap smaller than what one decimal shows is no gap in words
CAUSES_NAMED, COMMUNES_NAMED = 3, 5


def territory_of(sheet: Sheet, mission: Mission, row: SheetRow, position: int, outlines: Outlines | None) -> Territory:
    id, name = row["territory_id"], row["territory"]
    ledger = ledger_of(sheet, mission.id, id)
    return Territory(
        f"t{position}",
        heading(row),
        say("territory.continued", territory=name),
        sign_of(row["change"]),
        verdict(row["change"]),
        "" if supported(row) else say("territory.unsupported", support=row["supported"]),
        _tiles(sheet, row),
        _said(row, ledger),
        drawings.own_map(outlines, mission, row, f"c{position}"),
        drawings.scale_drawing(sheet, row, f"e{position}"),
        drawings.way_drawing(row, ledger, f"p{position}"),
        second_pages(sheet, mission, row, ledger),
        sure(sheet, row),
        drawn(sheet, mission, id),
        _more(sheet, mission, row),
    )


def heading(row: SheetRow) -> str:
    current, final = posts_text(row["posts_current"]), posts(row["posts_final"])
    if not row["change"]:
        return say("territory.heading_same", territory=row["territory"], current=final)
    return say("territory.heading_move", territory=row["territory"], current=current, final=final)


def sign_of(change: float) -> str:
    return "gives" if change < 0 else "receives" if change > 0 else "same"


def verdict(change: float) -> str:
    return say(f"territory.{sign_of(change)}", posts=posts(abs(change)))


def _tiles(sheet: Sheet, row: SheetRow) -> tuple[Tile, ...]:
    confidence = wording.percent(parameter(sheet, "confidence_level", 0.95))
    interval = between(row["need_low"], row["need_high"], 2)
    need_note = say("territory.tile_need_note", interval=interval, confidence=confidence)
    note = entry("territory.tile_pressure_note")
    return (
        Tile(entry("territory.tile_current"), posts_text(row["posts_current"]), ""),
        Tile(entry("territory.tile_final"), posts_text(row["posts_final"]), verdict(row["change"]), strong=True),
        Tile(entry("territory.tile_need"), number(row["need_fte"], 2), need_note),
        Tile(entry("territory.tile_fair"), number(row["fair_share"], 2), entry("territory.tile_fair_note")),
        Tile(entry("territory.tile_before"), pressure(row["pressure_before"]), note),
        Tile(entry("territory.tile_after"), pressure(row["pressure_after"]), note),
    )


def causes(ledger: Ledger) -> str:
    """The domains that make most of the gap, the largest first; empty where none is larger than what is shown."""
    gap = ledger.fair - ledger.start
    lines = [line for line in by_domain(ledger) if line.posts * gap > 0 and round(abs(line.posts), 2)]
    lines.sort(key=lambda line: -abs(line.posts))
    return (
        wording.listed(f"{line.label} {wording.change(float(line.posts), 2)}" for line in lines[:CAUSES_NAMED])
        if lines
        else ""
    )


def _said(row: SheetRow, ledger: Ledger) -> tuple[str, ...]:
    gap = ledger.fair - ledger.start
    key = "level" if abs(gap) < LEVEL_POSTS else "below" if gap > 0 else "above"
    found = [
        say(
            f"territory.{key}",
            territory=row["territory"],
            current=posts(float(ledger.start)),
            gap=wording.about(float(abs(gap)), 2),
            fair=wording.about(float(ledger.fair), 2),
        )
    ]
    named = causes(ledger)
    found.append(say("territory.causes", list=named) if named else "")
    acting = [line for line in ledger.after if line.posts and line.cause != "rounding"]
    found.extend(
        say("territory.rule_acts", rule=line.label, posts=wording.change(float(line.posts), 2)) for line in acting[:3]
    )
    found.append(entry("territory.rule_note") if acting else "")
    return sentences(found)


def _more(sheet: Sheet, mission: Mission, row: SheetRow) -> tuple[Passage, ...]:
    id = row["territory_id"]
    found = {
        "ceilings": [ceiling_said(gap) for gap in sheet.rows("caseload_gap", mission.id, id)],
        "plan": _plan(sheet, mission, id),
        "professions": _professions(sheet, mission, id),
        "communes": _communes(sheet, mission, id),
    }
    return tuple(Passage(entry(f"territory.{key}_title"), tuple(lines)) for key, lines in found.items() if lines)


def ceiling_said(gap: SheetRow) -> str:
    missing = wording.about(gap["missing_posts"])
    if gap["active_files_n"] is None:
        return say("territory.ceilings_secret", missing=missing)
    figures = {key: number(gap[f"{key}_files_n"], 0) for key in ("active", "served", "unserved")}
    return say(
        "territory.ceilings" if gap["unserved_files_n"] else "territory.ceilings_all", missing=missing, **figures
    )


def _plan(sheet: Sheet, mission: Mission, territory: str) -> list[str]:
    rows = sorted(sheet.rows("plan", mission.id, territory), key=lambda row: int(row["year"]))
    if not rows:
        return []
    steps = [row for k, row in enumerate(rows) if not k or row["posts"] != rows[k - 1]["posts"]]
    items = [
        say("territory.plan_then" if k else "territory.plan_item", posts=posts_text(row["posts"]), year=row["year"])
        for k, row in enumerate(steps)
    ]
    if len(steps) == 1:
        first, last = rows[0]["year"], rows[-1]["year"]
        items = [say("territory.plan_same", posts=posts_text(rows[0]["posts"]), first=first, last=last)]
    left = rows[-1]["remaining"]
    more = [say("territory.plan_left", left=posts(abs(left)))] if left else []
    return [say("territory.plan", list=wording.listed(items)), *more]


def _professions(sheet: Sheet, mission: Mission, territory: str) -> list[str]:
    rows = sheet.rows("allocation_profession", mission.id, territory)
    items = [
        say(
            "territory.professions_item",
            profession=row["profession"],
            before=posts_text(row["posts_current"]),
            after=posts_text(row["posts_final"]),
        )
        for row in rows
    ]
    return [f"{apart(items)}."] if items else []


def _communes(sheet: Sheet, mission: Mission, territory: str) -> list[str]:
    rows = [row for row in sheet.rows("need_commune", mission.id, territory) if row["need_fte"]]
    rows.sort(key=lambda row: (-row["need_fte"], row["place"]))
    items = [
        say("territory.communes_item", place=row["place"], need=number(row["need_fte"]))
        for row in rows[:COMMUNES_NAMED]
    ]
    return [say("territory.communes", list=wording.listed(items))] if len(items) > 1 else []
