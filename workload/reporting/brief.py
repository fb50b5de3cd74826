"""The head of the report: total, who gives, who receives, pressure, solidity, doubt, the way, the other missions."""

from collections.abc import Mapping, Sequence

from workload.allocation.methods import Agreement
from workload.allocation.stability import Support
from workload.catalogue import number
from workload.pipeline import MissionResult, RunResult
from workload.reporting.moves import Move, total_of
from workload.reporting.path import brief_path
from workload.reporting.wording import change, counted, entry, listed, percent, words


def brief_lines(result: RunResult, moves: Mapping[str, Sequence[Move]]) -> list[str]:
    """Five to nine lines, one to an idea."""
    own = moves[result.main.id]
    lines = [_total(result.main, own), *_who(own), *_pressure(own), *_solidity(result, own)]
    return [*lines, *filter(None, (brief_path(result), _others(result, moves)))]


def _who(moves: Sequence[Move]) -> list[str]:
    found = []
    for key, group in (("gives", [m for m in moves if m.change < 0]), ("receives", [m for m in moves if m.change > 0])):
        items = [
            words(f"brief.{key}_item", posts=counted(abs(m.change), "post"), territory=m.name)
            for m in sorted(group, key=lambda m: -abs(m.change))
        ]
        if items:
            found.append(words(f"brief.{key}", list=listed(items)))
    return [" ".join(found)] if found else []


def _solidity(result: RunResult, moves: Sequence[Move]) -> list[str]:
    """How often the draws find each move, which the data do not support, and which hang on the way of counting."""
    moved = sorted((m for m in moves if m.change), key=lambda m: -m.kept_share)
    if not moved:
        return []
    if result.draws_n < 2:
        return [words("reasons.draws.single"), _agreement(result, moves)]
    kept = [words("brief.stability_item", kept=percent(float(m.kept_share)), territory=m.name) for m in moved]
    doubtful = [
        words("brief.unsupported_item", territory=m.name, change=change(m.change)) for m in moved if not m.supported
    ]
    return [
        words("brief.stability", list=listed(kept), draws=number(result.draws_n, 0)),
        words("brief.unsupported", list=listed(doubtful)) if doubtful else words("brief.supported"),
        _agreement(result, moves),
    ]


def _agreement(result: RunResult, moves: Sequence[Move]) -> str:
    """What a rule imposes against the need measured is no agreement between ways of counting."""
    imposed = {m.territory for m in moves if m.support is Support.AGAINST_NEED}
    units = [unit for unit in result.main.reasons.ways.units if unit.unit not in imposed]
    safe = [result.territory_names[u.unit] for u in units if u.agreement is Agreement.SAFE]
    parted = [result.territory_names[u.unit] for u in units if u.agreement is Agreement.PARTED]
    if not parted:
        return words("ways.brief_all")
    return words("ways.brief_some" if safe else "ways.brief_none", safe=listed(safe), parted=listed(parted))


def _others(result: RunResult, moves: Mapping[str, Sequence[Move]]) -> str:
    items = [
        words(
            "brief.others_item",
            mission=other.name,
            posts=counted(total_of(moves[other.id]).final, "post"),
            moved=counted(total_of(moves[other.id]).moved, "post"),
        )
        for other in result.missions.values()
        if other.id != result.main.id
    ]
    return words("brief.others", list=listed(items)) if items else ""


def _total(mission: MissionResult, moves: Sequence[Move]) -> str:
    total = total_of(moves)
    before, after = counted(total.current, "post"), counted(total.final, "post")
    if not total.moved:
        return words("brief.nothing_moved", mission=mission.name, before=before, after=after)
    pass_on = entry("brief.moved")["many" if total.moved >= 2 else "one"]
    moved = str(pass_on).format(posts=counted(total.moved, "post"))
    return words("brief.total", mission=mission.name, before=before, after=after, moved=moved)


def _pressure(moves: Sequence[Move]) -> list[str]:
    before = [(m.pressure_before, m.name) for m in moves if m.pressure_before is not None]
    after = [(m.pressure_after, m.name) for m in moves if m.pressure_after is not None]
    if not before or not after:
        return []
    (high_b, at_high_b), (high_a, at_high_a), (low_b, at_low_b), (low_a, at_low_a) = (
        max(before),
        max(after),
        min(before),
        min(after),
    )
    return [
        words(
            "brief.pressure",
            highest_before=percent(high_b),
            where_before=at_high_b,
            highest_after=percent(high_a),
            where_after=at_high_a,
            lowest_before=percent(low_b),
            where_lowest_before=at_low_b,
            lowest_after=percent(low_a),
            where_lowest_after=at_low_a,
        )
    ]
