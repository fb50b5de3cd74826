"""One section per territory: the figure, the paragraph in words, the ledger."""

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from workload.allocation.justify import RowKind
from workload.catalogue import number, signed
from workload.models.timeuse import ALL
from workload.pipeline import MissionResult, RunResult
from workload.reporting.figures import steps_figure
from workload.reporting.ledgers import LedgerLine, bars_of, domain_name, ledger_lines
from workload.reporting.moves import Move, by_domain, rows_of
from workload.reporting.reasons import TerritoryReasons, territory_reasons
from workload.reporting.wording import (
    about,
    change,
    counted,
    interval,
    listed,
    percent,
    rule_label,
    words,
)

LEVEL_POSTS = 0.05  # a gap smaller than what one decimal shows is no gap in words
CAUSES_NAMED, TIMES_NAMED = 3, 3


@dataclass(frozen=True, slots=True)
class TerritorySection:
    id: str
    heading: str
    paragraphs: tuple[str, ...]
    warning: str  # empty when the move is supported
    figure: Markup
    alternative: str
    reasons: TerritoryReasons
    ledger: tuple[LedgerLine, ...]


def territory_sections(
    result: RunResult, mission: MissionResult, moves: tuple[Move, ...], shares: pd.DataFrame, response: pd.DataFrame
) -> list[TerritorySection]:
    """Sections of the main mission; `shares` and `response` are the publishable ones."""
    return [
        TerritorySection(
            f"t{k}",
            _heading(move),
            _paragraphs(result, mission, move, _cancelling(mission, k), shares, response),
            "" if move.supported else words(f"reasons.unsupported.{move.support.value}"),
            Markup(steps_figure(bars_of(result, mission, move), f"t{k}")),  # noqa: S704 (made by matplotlib, text escaped there)
            _alternative(result, move),
            territory_reasons(result, mission, move, k),
            ledger_lines(result, mission, move),
        )
        for k, move in enumerate(moves)
    ]


def _cancelling(mission: MissionResult, t: int) -> float | None:
    """Need outside the indicators that would make today's posts the fair share; None where there is none such."""
    return mission.checks.supply[t].cancelling_fte if mission.checks.supply else None


def _heading(move: Move) -> str:
    if not move.change:
        return words("territories.heading_same", territory=move.name, current=counted(move.current, "post"))
    current, final = counted(move.current, "post"), counted(move.final, "post")
    return words("territories.heading", territory=move.name, current=current, final=final)


def _alternative(result: RunResult, move: Move) -> str:
    return words(
        "territories.figure_alternative",
        territory=move.name,
        current=counted(move.current, "post"),
        final=counted(move.final, "post"),
        list=_domain_list(result, move, len(by_domain(move.ledger))),
    )


def _domain_list(result: RunResult, move: Move, most: int) -> str:
    largest = sorted(by_domain(move.ledger).items(), key=lambda item: -abs(item[1]))[:most]
    return listed(
        words("territories.causes_item", domain=domain_name(result, domain), posts=signed(float(posts), 2))
        for domain, posts in largest
    )


def _paragraphs(
    result: RunResult,
    mission: MissionResult,
    move: Move,
    needed: float | None,
    shares: pd.DataFrame,
    response: pd.DataFrame,
) -> tuple[str, ...]:
    """Where it stands and why; what rounding, rules and chance do; how its week differs."""
    causes = words("territories.causes", list=_domain_list(result, move, CAUSES_NAMED))
    found = [*_rounding_and_rules(result, mission, move), _certainty(result, move)]
    if move.change and needed is not None:
        key = "cancel_more" if needed > 0 else "cancel_less"
        share = percent(abs(needed) / move.need_fte, 1) if move.need_fte else words("units.missing")
        found.append(words(f"territories.{key}", need=about(abs(needed)), percent=share))
    week = _time(result, mission, move, shares, response)
    return f"{_position(result, move)} {causes}", " ".join(found), week


def _position(result: RunResult, move: Move) -> str:
    gap = move.current - move.fair_share
    key = "level" if abs(gap) < LEVEL_POSTS else "above" if gap > 0 else "below"
    return words(
        f"territories.{key}",
        territory=move.name,
        current=counted(move.current, "post"),
        gap=about(abs(gap)),
        fair_share=about(move.fair_share, 2),
        confidence=percent(result.parameters["confidence_level"].value),
        interval=interval(move.need_low, move.need_high, 2),
    )


def _rounding_and_rules(result: RunResult, mission: MissionResult, move: Move) -> list[str]:
    step = counted(float(mission.instance.step), "post")
    rounding = rows_of(move.ledger, RowKind.ROUNDING)[0]
    found = [words("territories.rounding", step=step, posts=change(float(rounding.posts), 2))]
    binding = [b.rule for b in mission.allocation.binding if b.unit == move.territory]
    rule_free = counted(float(move.ledger.rule_free), "post")
    acting = [row for row in rows_of(move.ledger, RowKind.RULE) if row.posts]
    for row in acting:
        label = rule_label(result, row.cause)
        if row.cause in binding:
            found.append(words("territories.rule_binds", rule=label, rule_free=rule_free))
        else:
            found.append(words("territories.rule_reaches", rule=label, posts=change(float(row.posts))))
    return found if acting else [*found, words("territories.no_rule")]


def _certainty(result: RunResult, move: Move) -> str:
    if result.draws_n < 2:
        return words("reasons.draws.single")
    low, high = counted(float(move.low), "post"), counted(float(move.high), "post")
    key = "same" if not move.change else "kept_one" if move.low == move.high else "kept"
    return words(
        f"territories.{key}",
        change=change(move.change),
        kept=percent(float(move.kept_share)),
        draws=number(result.draws_n, 0),
        low=low,
        high=high,
    )


def _time(result: RunResult, mission: MissionResult, move: Move, shares: pd.DataFrame, response: pd.DataFrame) -> str:
    """The domains where the territory's week differs most from the département's."""
    level = shares[(shares["mission"] == mission.id) & (shares["profession"] == ALL) & (shares["level"] == "domain")]
    own = level[level["territory"] == move.territory].set_index("code")["share"]
    common = level[level["territory"] == ALL].set_index("code")["share"]
    answered = response[(response["mission"] == mission.id) & (response["territory"] == move.territory)]
    if own.empty or common.empty or answered["withheld"].any():
        return words("territories.time_withheld" if result.surveyed(mission.id) else "territories.time_none")
    both = pd.concat([own, common], axis=1, keys=["here", "everywhere"]).fillna(0.0).astype("float64")
    order = (both["here"] - both["everywhere"]).abs().sort_values(ascending=False, kind="stable").index[:TIMES_NAMED]
    items = [
        words(
            "territories.time_item",
            domain=result.study.taxonomy.domains[str(code)],
            here=percent(here),
            everywhere=percent(everywhere),
        )
        for code, here, everywhere in both.loc[order].itertuples()
    ]
    answers = counted(int(answered["respondents_n"].iloc[0]), "answer")
    return words("territories.time", answers=answers, list=listed(items))
