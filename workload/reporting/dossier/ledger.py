"""A territory's ledger, read back from the published rows in exact fractions and checked before it is used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from workload.catalogue import number, signed
from workload.reporting.dossier.model import Row, Table
from workload.reporting.dossier.words import entry, say
from workload.store.publishing.words import said
from workload.store.scenario_sheets import Sheet


@dataclass(frozen=True, slots=True)
class Line:
    cause: str
    label: str
    domain: str
    posts: Fraction
    exact: str  # as published


@dataclass(frozen=True, slots=True)
class Ledger:
    """start + indicators = fair; fair + after = end, exactly."""

    start: Fraction
    indicators: tuple[Line, ...]
    after: tuple[Line, ...]  # rounding and rules
    end: Fraction

    @property
    def fair(self) -> Fraction:
        return self.start + sum((line.posts for line in self.indicators), Fraction(0))


def ledger_of(sheet: Sheet, mission: str, territory: str) -> Ledger:
    """Raises ValueError where the published rows do not add up: nothing may be justified with them."""
    domains = {row["component"]: row["domain_label"] for row in sheet.rows("need_component", mission, territory)}
    start = end = Fraction(0)
    indicators: list[Line] = []
    after: list[Line] = []
    for row in sorted(sheet.rows("ledger", mission, territory), key=lambda row: row["row_order"]):
        posts = Fraction(row["posts_exact"])
        line = Line(row["cause"], row["label"], domains.get(row["cause"], ""), posts, row["posts_exact"])
        if row["kind"] == said("kinds.start"):
            start = posts
        elif row["kind"] == said("kinds.end"):
            end = posts
        else:
            (indicators if row["kind"] == said("kinds.indicator") else after).append(line)
    found = Ledger(start, tuple(indicators), tuple(after), end)
    if found.fair + sum((line.posts for line in after), Fraction(0)) != end:
        raise ValueError(f"ledger of {mission}, {territory} does not add up")
    return found


def folded(lines: Sequence[Line], most: int) -> tuple[Line, ...]:
    """At most `most` lines: the largest stay in their order, the others become one that says how many they are."""
    if len(lines) <= most:
        return tuple(lines)
    largest = sorted(range(len(lines)), key=lambda k: (-abs(lines[k].posts), k))
    kept = set(largest[: most - 1])
    rest = [line for k, line in enumerate(lines) if k not in kept]
    total = sum((line.posts for line in rest), Fraction(0))
    one = Line("", say("territory.folded", n=len(rest)), "", total, str(total))
    return (*(line for k, line in enumerate(lines) if k in kept), one)


def by_domain(ledger: Ledger) -> tuple[Line, ...]:
    """Indicator lines added up by domain; a line without a domain (under secrecy, allowances) stands by itself."""
    found: dict[str, Line] = {}
    for line in ledger.indicators:
        name = line.domain or line.label
        seen = found.get(name)
        found[name] = replace(line, label=name, posts=line.posts + (seen.posts if seen else 0))
    return tuple(found.values())


def ledger_table(ledger: Ledger, caption: str, most: int) -> Table:
    """Rounded to the thousandth, with the posts after each line: they carry no error of rounding along."""
    at, rows = ledger.start, [_level(entry("territory.scale_today"), ledger.start)]
    rules = max(3, most // 3)
    for lines, limit in ((ledger.indicators, most), (ledger.after, rules)):
        for line in folded(lines, limit):
            at += line.posts
            rows.append(Row((line.label, signed(float(line.posts), 3), number(float(at), 3))))
        if lines is ledger.indicators:
            rows.append(_level(entry("territory.ledger_fair"), at))
    rows.append(_level(entry("territory.scale_final"), ledger.end))
    columns = tuple(entry(f"territory.ledger_{key}") for key in ("line", "posts", "after"))
    return Table(caption, columns, (False, True, True), tuple(rows), (1, 0, 0), entry("territory.ledger_note"))


def exact_table(ledger: Ledger, caption: str) -> Table:
    """Every line with its fraction as published."""
    at, rows = ledger.start, [Row((entry("territory.scale_today"), "", "", str(ledger.start)), "level")]
    for line in (*ledger.indicators, *ledger.after):
        at += line.posts
        rows.append(Row((line.label, line.domain, signed(float(line.posts), 3), line.exact.replace("-", "−"))))
    rows.append(Row((entry("annex.sum"), "", number(float(at - ledger.start), 3), str(at)), "level"))
    columns = tuple(entry(f"territory.ledger_{key}") for key in ("line", "domain", "posts", "exact"))
    return Table(caption, columns, (False, False, True, True), tuple(rows), (5, 4, 0, 4))


def _level(label: str, posts: Fraction) -> Row:
    return Row((label, "", number(float(posts), 3)), "level")
