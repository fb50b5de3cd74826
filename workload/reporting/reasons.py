"""Beyond a territory's ledger: what would change its posts, and do they hold under other weights, ways and luck."""

from dataclasses import dataclass

from workload.allocation.instance import Instance
from workload.allocation.margin import Changes
from workload.allocation.methods import Agreement
from workload.allocation.robustness import Basis, MoveRobustness, Verdict
from workload.catalogue import number, posts_text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.moves import Move
from workload.reporting.thresholds import ThresholdLine, nearest, need_line, question, threshold_line
from workload.reporting.ways import deciding_ways, way_label
from workload.reporting.wording import about, change, counted, listed, percent, words

NEAREST = 4


@dataclass(frozen=True, slots=True)
class DrawnPosts:
    """Posts that some draws give: the bar is as wide as their share, in percent."""

    posts: str
    share: str
    width: float
    proposed: bool


@dataclass(frozen=True, slots=True)
class Remark:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TerritoryReasons:
    question: str
    whole: str  # heading of the column about all of today's posts, or empty
    thresholds: tuple[ThresholdLine, ...]
    need: str
    remarks: tuple[Remark, ...]
    draws_title: str
    draws: str
    drawn: tuple[DrawnPosts, ...]


def territory_reasons(result: RunResult, mission: MissionResult, move: Move, t: int) -> TerritoryReasons:
    """What the page says of territory number `t`."""
    rows = mission.reasons.counterfactuals[move.territory]
    near = nearest(rows)
    draws, drawn = _draws(result, mission, t)
    return TerritoryReasons(
        question(mission, move, rows, found=bool(near)),
        words("reasons.whole", current=counted(move.current, "post")) if move.change < 0 else "",
        tuple(threshold_line(result, mission, move, t, row) for row in near[:NEAREST]),
        need_line(move, rows),
        tuple(
            Remark(words(f"reasons.{kind}.title"), text)
            for kind, text in (
                ("weights", _weights(mission, t)),
                ("ways", _ways(mission, t)),
                ("margin", _margin(mission, move.territory)),
            )
            if text
        ),
        words("reasons.draws.title"),
        draws,
        drawn,
    )


def _weights(mission: MissionResult, t: int) -> str:
    bounds, found = mission.reasons.bounds[t], mission.reasons.robustness[t]
    exact = "exact" if found.bounded else "unproven"
    basis = words(f"reasons.weights.{exact if found.basis is Basis.EXACT else 'samples'}", n=found.samples_n)
    low, high = counted(float(found.low), "post"), counted(float(found.high), "post")
    deviation = percent(float(mission.reasons.deviation))
    share = words(
        "reasons.weights.share",
        deviation=deviation,
        low=number(float(bounds.low), 2),
        high=about(float(bounds.high), 2),
    )
    said = words(f"reasons.weights.{_verdict(found)}", basis=basis, low=low, high=high, samples=found.samples_n)
    return f"{share} {said}"


def _verdict(found: MoveRobustness) -> str:
    if found.direction is Verdict.NO_MOVE:
        return "no_move_one" if found.low == found.high else "no_move"
    if found.direction is Verdict.DOES_NOT:
        return "undone"
    if found.direction is Verdict.UNKNOWN:
        return "unknown" if found.samples_n else "unknown_unproven"
    return "smaller" if found.size is Verdict.DOES_NOT else "survives"


def _ways(mission: MissionResult, t: int) -> str:
    """The range over all ways, then those that do not make the move, with what they give."""
    ways, unit = deciding_ways(mission.reasons.ways), mission.reasons.ways.units[t]
    if not ways:
        return words("reasons.ways.none")
    low, high = counted(float(unit.low), "post"), counted(float(unit.high), "post")
    if unit.low == unit.high:
        names = ", ".join(way_label(way.name) for way in ways)
        found = words("reasons.ways.all", n=len(ways), posts=low, list=names)
    else:
        found = words("reasons.ways.spread", n=len(ways), low=low, high=high)
    if unit.agreement is Agreement.SAFE:
        return f"{found} {words('reasons.ways.safe')}"
    parted = {name for name, _ in unit.parted}
    items = [
        words("reasons.ways.item", way=way_label(way.name), posts=posts_text(float(way.posts[t])))
        for way in ways
        if way.name in parted and way.posts is not None
    ]
    key = "parted" if unit.agreement is Agreement.PARTED else "no_move_parted"
    return f"{found} {words(f'reasons.ways.{key}', list=listed(items))}" if items else found


def _margin(mission: MissionResult, unit: str) -> str:
    found, step = mission.reasons.margin, counted(float(mission.instance.step), "post")
    lines = []
    if found.one_more == ((unit, 1),):
        lines.append(words("reasons.margin.gets", step=step))
    if found.one_less == ((unit, -1),):
        lines.append(words("reasons.margin.gives", step=step))
    return " ".join(lines)


def next_step(result: RunResult, mission: MissionResult) -> str:
    """Who gets the next step of a larger total, and who gives one to a smaller; empty where nobody can."""
    margin, instance = mission.reasons.margin, mission.instance
    step = counted(float(instance.step), "post")
    found = [
        words(f"reasons.next_{key}", step=step, list=_changes(result, instance, changes))
        for key, changes in (("more", margin.one_more), ("less", margin.one_less))
        if changes
    ]
    return " ".join(found)


def _changes(result: RunResult, instance: Instance, changes: Changes) -> str:
    return listed(
        words("reasons.next_item", territory=result.territory_names[unit], change=change(float(n * instance.step)))
        for unit, n in changes
    )


def _draws(result: RunResult, mission: MissionResult, t: int) -> tuple[str, tuple[DrawnPosts, ...]]:
    unit, draws = mission.stability.units[t], number(result.draws_n, 0)
    if result.draws_n < 2:
        return words("reasons.draws.single"), ()
    if len(unit.distribution) == 1:
        posts = counted(float(unit.distribution[0][0]), "post")
        return words("reasons.draws.one", draws=draws, posts=posts), ()
    drawn = tuple(
        DrawnPosts(counted(float(posts), "post"), percent(float(n)), round(100 * float(n), 1), posts == unit.final)
        for posts, n in unit.distribution
    )
    return words("reasons.draws.many", draws=draws), drawn
