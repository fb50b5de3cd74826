"""The report's words: sentences from reports/wording.fr.yaml, and figures as French people write them."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import yaml
from markupsafe import Markup

from workload.allocation.justify import LedgerRow, RowKind
from workload.catalogue import number, posts_text, signed
from workload.ingest.study import Study
from workload.ingest.study_counts import COMPUTED
from workload.pipeline import MissionResult, RunResult
from workload.resources import reports

NO_BREAK, NARROW = "\u00a0", "\u202f"


@cache
def _wording() -> dict[str, Any]:
    files = sorted(reports().glob("wording*.fr.yaml"))
    loaded: dict[str, Any] = {}
    for file in files:
        loaded |= spaced(yaml.safe_load(file.read_text("utf-8")))
    return loaded


def spaced(entry: Any) -> Any:
    """The same tree with French no-break spaces before : ; ? ! % and inside guillemets."""
    if isinstance(entry, dict):
        return {key: spaced(value) for key, value in entry.items()}
    if isinstance(entry, list):
        return [spaced(value) for value in entry]
    if not isinstance(entry, str):
        return entry
    entry = re.sub(r" (?=[:%»])", NO_BREAK, entry).replace("« ", f"«{NO_BREAK}")
    return re.sub(r" (?=[;?!])", NARROW, entry)


def entry(key: str) -> Any:
    """What stands under a dotted key. An unknown key is a defect and raises KeyError."""
    found: Any = _wording()
    for part in key.split("."):
        found = found[part]
    return found


def words(key: str, /, **params: object) -> str:
    """The sentence under a dotted key, its braces filled."""
    return str(entry(key)).format(**params)


def markup(template: str, /, **params: object) -> Markup:
    """A sentence of ours that carries tags; what fills it is escaped."""
    return Markup(template).format(**params)  # noqa: S704 (the template is our own wording, never a user's text)


def counted(n: float, unit: str) -> str:
    """2 postes, 1,5 poste: in French the plural starts at two."""
    noun = entry(f"units.{unit}")["many" if abs(n) >= 2 else "one"]
    return f"{posts_text(n)}{NO_BREAK}{noun}"


def about(n: float, decimals: int = 1) -> str:
    """An estimate in posts: 3,4 postes."""
    noun = entry("units.post")["many" if abs(round(n, decimals)) >= 2 else "one"]
    return f"{number(n, decimals)}{NO_BREAK}{noun}"


def change(n: float, decimals: int = 1) -> str:
    """A change in posts with its sign and its unit: −2 postes. Two decimals where one would round a quarter post."""
    plain = posts_text(abs(n)) if abs(n * 4 - round(n * 4)) < 1e-9 else number(abs(n), decimals)
    noun = entry("units.post")["many" if abs(n) >= 2 else "one"]
    sign = signed(n, 3)[:1] if round(n, 3) else ""
    return f"{sign}{plain}{NO_BREAK}{noun}"


def change_figure(n: float) -> str:
    """A change in a table: +0,5, −2, 0."""
    return (signed(n, 3)[:1] if round(n, 3) else "") + posts_text(abs(n))


def percent(share: float, decimals: int = 0) -> str:
    return f"{number(100 * share, decimals)}{NO_BREAK}%"


def interval(low: float, high: float, decimals: int = 1) -> str:
    return words("units.interval", low=number(low, decimals), high=number(high, decimals))


def listed(items: Iterable[str]) -> str:
    """A, B et C."""
    found = list(items)
    if len(found) < 2:
        return "".join(found) or words("units.none")
    return f"{', '.join(found[:-1])} {words('units.and')} {found[-1]}"


def figures(value: float) -> str:
    """Three significant digits, in French: 1 096, 58,5, 0,76; a dash where there is nothing."""
    if value != value:
        return words("units.missing")
    decimals = next((d for limit, d in ((99.95, 0), (9.995, 1)) if abs(value) >= limit), 2)
    return number(value, decimals)


def indicator_label(study: Study, indicator: str) -> str:
    described = study.indicators.get(indicator)
    if described:
        return described.label
    return COMPUTED[indicator][0] if indicator in COMPUTED else words("reasons.individual")


def rule_label(result: RunResult, name: str) -> str:
    """A rule with its number where all territories share one."""
    rules = result.study.settings.rules
    value = {"minimum_presence": rules.minimum_presence, "largest_change": rules.largest_change}.get(name)
    return words(f"rules.{name}") if value is None else words(f"rules.{name}_of", value=counted(value, "post"))


def cause_label(result: RunResult, mission: MissionResult, row: LedgerRow) -> str:
    """What a ledger row is called: the indicator, the rounding with its step, or the rule."""
    if row.kind is RowKind.ROUNDING:
        return words("territories.rounding_row", step=counted(float(mission.instance.step), "post"))
    if row.kind is RowKind.RULE:
        return words("territories.rule_row", rule=rule_label(result, row.cause))
    indicator = row.cause.split("@", 1)[0]
    described = result.study.indicators.get(indicator)
    label = indicator_label(result.study, indicator)
    return words("territories.imputed_row", label=label) if described and described.imputed_n else label


def domain_label(result: RunResult, cause: str) -> str:
    """The domain of an indicator's ledger row, by its component id."""
    return result.study.taxonomy.domains.get(cause.split("@", 1)[1], "")


def names_of(result: RunResult, territories: Sequence[str]) -> list[str]:
    return [result.territory_names[territory] for territory in territories]
