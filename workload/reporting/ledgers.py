"""A territory's ledger as a figure, domain by domain, and as a table, row by row."""

from dataclasses import dataclass

from workload.allocation.justify import RowKind
from workload.catalogue import number, signed
from workload.pipeline import MissionResult, RunResult
from workload.reporting.figures import Bar
from workload.reporting.moves import Move, by_domain
from workload.reporting.wording import about, cause_label, change_figure, counted, domain_label, rule_label, words


@dataclass(frozen=True, slots=True)
class LedgerLine:
    label: str
    domain: str
    posts: str
    level: bool = False


def domain_name(result: RunResult, domain: str) -> str:
    """A domain of the ledger; individual allowances belong to none of the taxonomy's."""
    return result.study.taxonomy.domains.get(domain) or words("reasons.individual")


def bars_of(result: RunResult, mission: MissionResult, move: Move) -> list[Bar]:
    """Today → domain by domain → fair share → rounding → rules that act → proposed."""
    at = move.current
    bars = [Bar(words("territories.today"), counted(at, "post"), at, at, level=True)]

    def step(label: str, posts: float) -> None:
        nonlocal at
        bars.append(Bar(label, signed(posts, 2), at, at + posts))
        at += posts

    for domain, posts in by_domain(move.ledger).items():
        step(domain_name(result, domain), float(posts))
    at = move.fair_share
    bars.append(
        Bar(words("territories.fair_share"), about(at, 2), at, at, level=True, low=move.need_low, high=move.need_high)
    )
    for row in move.ledger.rows:
        if row.kind is RowKind.ROUNDING or (row.kind is RowKind.RULE and row.posts):
            rule = row.kind is RowKind.RULE
            label = rule_label(result, row.cause) if rule else cause_label(result, mission, row)
            step(label[:1].upper() + label[1:], float(row.posts))
    bars.append(Bar(words("territories.final"), counted(move.final, "post"), move.final, move.final, level=True))
    return bars


def ledger_lines(result: RunResult, mission: MissionResult, move: Move) -> tuple[LedgerLine, ...]:
    lines = [LedgerLine(words("territories.today"), "", number(move.current, 3), True)]
    for row in move.ledger.rows:
        if row.kind is RowKind.ROUNDING:
            lines.append(LedgerLine(words("territories.fair_share"), "", number(move.fair_share, 3), True))
        domain = domain_label(result, row.cause) if row.kind is RowKind.INDICATOR else ""
        lines.append(LedgerLine(cause_label(result, mission, row), domain, signed(float(row.posts), 3)))
    lines.append(LedgerLine(words("territories.final"), "", number(move.final, 3), True))
    lines.append(LedgerLine(words("territories.change"), "", change_figure(move.change), True))
    return tuple(lines)
