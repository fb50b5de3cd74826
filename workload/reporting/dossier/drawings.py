"""The dossier's figures: those of the report, fed from the sheet."""

from fractions import Fraction
from textwrap import shorten, wrap

from workload.catalogue import posts_text, signed
from workload.reporting import wording
from workload.reporting.dossier.ledger import Ledger, Line, by_domain, folded
from workload.reporting.dossier.model import Drawing
from workload.reporting.dossier.outlines import Outlines
from workload.reporting.dossier.reading import Mission, parameter
from workload.reporting.dossier.words import between, entry, posts, posts_between, say, some
from workload.reporting.figures import Bar, Place, map_figure, steps_figure
from workload.store.scenario_sheets import Row, Sheet

COVER_MAP_IN, SMALL_MAP_IN, BARS_IN = 3.3, 2.9, 6.9
LABELLED = 12
"""Territories that a map names; on a map of more there are figures alone, of the largest moves."""
COVER_MAP = "carte"
DOMAINS, RULES, LABEL_LETTERS = 9, 3, 40


def cover_map(outlines: Outlines | None, mission: Mission) -> Drawing | None:
    if outlines is None:
        return None
    rows = [row for row in mission.allocation if row["territory_id"] in outlines.of]
    if not rows:
        return None
    few = len(rows) <= LABELLED
    largest = sorted(mission.moves, key=lambda row: -abs(row["change"]))[:LABELLED]
    named = {row["territory_id"] for row in (rows if few else largest)}
    places = [
        Place(
            _in_lines(row["territory"]) if few else "",
            wording.change_figure(row["change"]) if row["territory_id"] in named else "",
            row["change"],
            outlines.of[row["territory_id"]].rings,
            outlines.of[row["territory_id"]].inside,
        )
        for row in rows
    ]
    legend = {key: wording.words(f"map.{key}") for key in ("gives", "same", "receives")}
    listed = some((f"{row['territory']} {row['change_label']}" for row in rows), 40)
    return Drawing(
        map_figure(places, outlines.aspect, legend, COVER_MAP, COVER_MAP_IN),
        wording.words("map.alternative", list=listed),
        wording.words("map.caption", mission=mission.name),
    )


def own_map(outlines: Outlines | None, mission: Mission, own: Row, identifier: str) -> Drawing | None:
    if outlines is None or own["territory_id"] not in outlines.of:
        return None
    places = [
        Place(row["territory"], "", row["change"], outlines.of[id].rings, outlines.of[id].inside)
        for row in mission.allocation
        if (id := row["territory_id"]) in outlines.of
    ]
    said = say("territory.map_alternative", territory=own["territory"], change=own["change_label"])
    svg = map_figure(places, outlines.aspect, {}, identifier, SMALL_MAP_IN, own["territory"])
    return Drawing(svg, said, say("territory.map_caption", territory=own["territory"]))


def scale_drawing(sheet: Sheet, row: Row, identifier: str) -> Drawing:
    """Today's posts, need, shares and posts under wrong weights, and the posts proposed, on one scale."""
    deviation = wording.percent(parameter(sheet, "weight_deviation", 0.2))
    confidence = wording.percent(parameter(sheet, "confidence_level", 0.95))
    need, fair = row["need_fte"], row["fair_share"]
    params = {
        "current": posts(row["posts_current"]),
        "final": posts(row["posts_final"]),
        "need": wording.about(need, 2),
        "need_interval": between(row["need_low"], row["need_high"], 2),
        "fair_interval": between(row["fair_share_low"], row["fair_share_high"], 2),
        "posts_interval": posts_between(row["posts_low"], row["posts_high"]),
        "deviation": deviation,
    }

    def state(key: str, text: str, at: float, low: float | None = None, high: float | None = None) -> Bar:
        return Bar(
            say(f"territory.scale_{key}", deviation=deviation, confidence=confidence), text, at, at, True, low, high
        )

    bars = [
        state("today", posts_text(row["posts_current"]), row["posts_current"]),
        state("need", params["need_interval"], need, row["need_low"], row["need_high"]),
        state("weights", params["fair_interval"], fair, row["fair_share_low"], row["fair_share_high"]),
        state("posts", params["posts_interval"], row["posts_final"], row["posts_low"], row["posts_high"]),
        state("final", posts_text(row["posts_final"]), row["posts_final"]),
    ]
    svg = steps_figure(bars, identifier, BARS_IN, joined=False)
    caption = say("territory.scale_caption", deviation=deviation)
    return Drawing(svg, say("territory.scale_alternative", **params), caption)


def way_drawing(row: Row, ledger: Ledger, identifier: str) -> Drawing:
    """The ledger as a waterfall, domain by domain; the smallest domains as one."""
    at = ledger.start
    bars = [_state("scale_today", at)]
    told = []

    def steps(lines: tuple[Line, ...]) -> None:
        nonlocal at
        for line in lines:
            bars.append(Bar(_axis(line.label), signed(float(line.posts), 2), float(at), float(at + line.posts)))
            told.append(f"{line.label} {signed(float(line.posts), 2)}")
            at += line.posts

    steps(_folded_as(by_domain(ledger), DOMAINS, "other_domains"))
    fair = Bar(
        entry("territory.ledger_fair"),
        wording.about(float(at), 2),
        float(at),
        float(at),
        True,
        row["need_low"],
        row["need_high"],
    )
    bars.append(fair)
    steps(_folded_as(tuple(line for line in ledger.after if line.posts), RULES + 1, "rules_other"))
    bars.append(_state("scale_final", ledger.end))
    said = say(
        "territory.way_alternative",
        current=posts(float(ledger.start)),
        final=posts(float(ledger.end)),
        list=wording.listed(told),
    )
    return Drawing(steps_figure(bars, identifier, BARS_IN), said, entry("territory.way_caption"))


def _folded_as(lines: tuple[Line, ...], most: int, key: str) -> tuple[Line, ...]:
    kept = folded(lines, most)
    if len(kept) == len(lines):
        return kept
    last = kept[-1]
    name = say(f"territory.{key}", n=len(lines) - len(kept) + 1)
    return (*kept[:-1], Line(last.cause, name, "", last.posts, last.exact))


def _state(key: str, at: Fraction) -> Bar:
    return Bar(entry(f"territory.{key}"), posts(float(at)), float(at), float(at), True)


def _axis(label: str) -> str:
    """A label that the figure's margin holds; the whole one is in the table and in the alternative text."""
    plain = label.removeprefix(wording.words("territories.rule_row", rule=""))
    plain = plain[:1].upper() + plain[1:]
    return shorten(plain, LABEL_LETTERS, placeholder="…") if " " in plain else plain[:LABEL_LETTERS]


def _in_lines(name: str) -> str:
    """A name on the map, in lines of about fifteen letters."""
    return "\n".join(wrap(name, 16)[:4])
