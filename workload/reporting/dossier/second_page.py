"""What the second page of a territory says: the ledger, what would change the answer, how sure it is, other ways."""

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.reporting.dossier.ledger import Ledger, ledger_table
from workload.reporting.dossier.model import Drawn, Row, SecondPage, Table
from workload.reporting.dossier.reading import Mission, nearest, need_threshold, parameter, ways_of
from workload.reporting.dossier.words import between, entry, posts, relative, say
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet

DRAWN_SHOWN = 6
LIMITS = ((26, 16, 12), (18, 10, 8), (12, 6, 5), (8, 3, 3))
"""Lines of the ledger, counterfactuals and other ways on the second page, from the most to the fewest."""


def second_pages(sheet: Sheet, mission: Mission, row: SheetRow, ledger: Ledger) -> tuple[SecondPage, ...]:
    return tuple(_second(sheet, mission, row, ledger, *limits) for limits in LIMITS)


def _second(
    sheet: Sheet, mission: Mission, row: SheetRow, ledger: Ledger, lines: int, changes: int, ways: int
) -> SecondPage:
    caption = say("territory.ledger_caption", mission=mission.name, territory=row["territory"])
    table, said = _changes(sheet, mission, row, changes)
    ways_table, ways_said = _ways(sheet, mission, row, ways)
    return SecondPage(ledger_table(ledger, caption, lines), table, said, ways_table, ways_said)


def _changes(sheet: Sheet, mission: Mission, row: SheetRow, most: int) -> tuple[Table | None, tuple[str, ...]]:
    id = row["territory_id"]
    found, need = nearest(sheet, mission.id, id), need_threshold(sheet, mission.id, id)
    said = [need["sentence"]] if need else []
    if not found:
        return None, tuple(said) or (entry("territory.change_none"),)
    rows = tuple(
        Row(
            (
                of["label"],
                number(of["today"], 0),
                entry("territory.change_impossible") if of["needed"] is None else number(of["needed"], 0),
                "" if of["relative"] is None else relative(of["relative"]),
            )
        )
        for of in found[:most]
    )
    goal = say("territory.change_for", posts=posts(found[0]["target_posts"]), final=posts_text(row["posts_final"]))
    note = say("territory.change_more", shown=most, all=len(found)) if len(found) > most else ""
    columns = tuple(entry(f"territory.change_{key}") for key in ("indicator", "today", "needed", "relative"))
    if possible := [of["sentence"] for of in found if of["needed"] is not None]:
        said.insert(0, possible[0])
    return Table(goal, columns, (False, True, True, True), rows, (1, 0, 0, 0), note), tuple(said)


def _ways(sheet: Sheet, mission: Mission, row: SheetRow, most: int) -> tuple[Table | None, str]:
    """Those that part from the posts proposed first."""
    found = sorted(ways_of(sheet, mission.id, row["territory_id"]), key=lambda way: not way["difference"])
    if not found:
        return None, entry("territory.ways_none")
    rest = found[most:]
    more = ""
    if rest:
        low, high = min(way["posts"] for way in rest), max(way["posts"] for way in rest)
        more = say("territory.ways_more", n=len(rest), low=posts_text(low), high=posts_text(high))
    columns = tuple(entry(f"territory.ways_{key}") for key in ("way", "posts", "difference"))
    rows = tuple(
        Row((way["way_label"], posts_text(way["posts"]), wording.change_figure(way["difference"])))
        for way in found[:most]
    )
    return Table(
        entry("territory.ways_caption"), columns, (False, True, True), rows, (1, 0, 0), more
    ), f"{row['other_ways']}."


def sure(sheet: Sheet, row: SheetRow) -> tuple[str, ...]:
    draws = number(sheet.rows("scenario")[0]["draws_n"], 0)
    kept = say(
        "territory.kept_move" if row["change"] else "territory.kept_same",
        kept=wording.percent(float(row["kept_share"])),
        draws=draws,
    )
    low, high = row["posts_low"], row["posts_high"]
    stay = "weights_posts_one" if low == high else "weights_posts"
    off = say(
        "territory.weights_off",
        deviation=wording.percent(parameter(sheet, "weight_deviation", 0.2)),
        fair=between(row["fair_share_low"], row["fair_share_high"], 2),
        posts=say(f"territory.{stay}", low=posts_text(low), high=posts_text(high)),
    )
    return (f"{row['supported']}.", kept, off)


def drawn(sheet: Sheet, mission: Mission, territory: str) -> tuple[Drawn, ...]:
    """The most frequent numbers, in order; the others as one."""
    rows = sorted(sheet.rows("stability", mission.id, territory), key=lambda row: (-row["share"], row["posts"]))
    final = [row for row in rows if row["final"]]
    kept = [*final, *(row for row in rows if not row["final"])][:DRAWN_SHOWN]
    found = [
        Drawn(posts_text(row["posts"]), wording.percent(row["share"]), row["share"], row["final"])
        for row in sorted(kept, key=lambda row: float(row["posts"]))
    ]
    rest = sum(row["share"] for row in rows if row not in kept)
    if len(kept) < len(rows):
        found.append(Drawn(entry("territory.draws_other"), wording.percent(rest), rest, False))
    return tuple(found)
