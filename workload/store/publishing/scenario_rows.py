"""What a scenario says, table by table: from the run's document, whose names and figures are those of every report."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from workload.catalogue import number, posts_text
from workload.ingest.study_counts import COMPUTED
from workload.models.design import place_counts
from workload.pipeline import MissionResult, RunResult
from workload.store.publishing.indicators import IndicatorRelease
from workload.store.publishing.places import inhabitants_of, places_of
from workload.store.publishing.time_cells import DOMAIN
from workload.store.publishing.time_rows import TimeRelease
from workload.store.publishing.words import DEPARTMENT as ALL
from workload.store.publishing.words import said
from workload.units import exact

Rows = Iterator[dict[str, Any]]
CLASSES = 6
PER_INHABITANTS = 10_000
UNDER_SECRECY = "secret"
LINES = (("expert", 1), ("data", 2), ("blended", 3))


@dataclass(frozen=True, slots=True)
class Openness:
    """What disclosure control lets a scenario say of one mission.

    domains: those of which the département's share of time is shown. kept: whether that share is an earlier one, since
    few sheets changed: then what the survey weighs now is told roughly. hidden: territory → components that are told as
    one sum: none, or all of them everywhere, where the survey decides and the weights would tell the time of a domain
    that is withheld, or more digits of it than were published. Need told component by component in some territories
    only would give the weights, and with them the rest. closed: territory → indicators whose count is withheld there
    and was used all the same; a publication refuses such a result.
    """

    domains: frozenset[str]
    kept: bool
    hidden: Mapping[str, frozenset[str]]
    closed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def as_one(self) -> bool:
        """Whether the need of this mission is told as a whole only."""
        return any(self.hidden.values())


def openness(mission: MissionResult, time: Sequence[TimeRelease], indicators: Sequence[IndicatorRelease]) -> Openness:
    release = next((t for t in time if t.mission == mission.id), None)
    shown = release.shown if release else frozenset()
    domains = frozenset(cell[4] for cell in shown if cell[:4] == (ALL, ALL, ALL, DOMAIN))
    kept = bool(release and release.kept)
    need = mission.need
    told = all(c.domain in domains for c in need.components) and not kept
    as_one = frozenset[str]() if told or mission.fit.deciding == "expert" else frozenset(c.id for c in need.components)
    used = mission.estimate.of.study.substitutes
    closed = {
        t: frozenset(i.indicator.id for i in indicators if not i.open(t) and t not in used.get(i.indicator.id, {}))
        for t in need.territories
    }
    return Openness(domains, kept, dict.fromkeys(need.territories, as_one), closed)


def scenario_tables(
    result: RunResult,
    document: Mapping[str, Any],
    time: Sequence[TimeRelease],
    indicators: Sequence[IndicatorRelease],
) -> dict[str, list[dict[str, Any]]]:
    """Table → rows, without what all rows of the scenario share. document: `run_document` of the same result."""
    found: dict[str, list[dict[str, Any]]] = {}
    for said_of in document["missions"]:
        mission = result.missions[said_of["id"]]
        may = openness(mission, time, indicators)
        tables = {
            "scenario_mission": [_mission(result, mission, said_of, may)],
            "weight": _weights(result, mission, may),
            "allocation": _allocations(result, mission, said_of, may),
            "allocation_profession": said_of["by_profession"],
            "need_component": _components(result, mission, may),
            "need_commune": () if may.as_one else _communes(result, mission),
            "ledger": _ledger(result, mission, said_of, may),
            "stability": _stability(said_of),
            "counterfactual": _counterfactuals(result, mission, said_of, may),
            "other_way": _ways(said_of),
            "plan": _plan(said_of),
            "caseload_gap": _gaps(result, document, mission.id, may),
        }
        for name, rows in tables.items():
            found.setdefault(name, []).extend({"mission_id": mission.id, **row} for row in rows)
    return found


def _mission(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any], may: Openness) -> dict[str, Any]:
    """Time outside declared domains is a sum over domains: told where all of them are, no finer than a percent."""
    shares = result.time_use.shares
    own = (shares["mission"] == mission.id) & (shares["level"] == DOMAIN)
    noted = frozenset(shares.loc[own & (shares["territory"] == ALL) & (shares["profession"] == ALL), "code"])
    told = noted <= may.domains and not may.kept
    gain = said_of["reasons"]["gain"]
    return {
        "total_posts_before": said_of["total_posts_before"],
        "total_posts_after": said_of["total_posts_after"],
        "posts_moved": gain["posts_moved"],
        "pressure_highest_before": gain["before"]["highest"],
        "pressure_lowest_before": gain["before"]["lowest"],
        "pressure_highest_after": gain["after"]["highest"],
        "pressure_lowest_after": gain["after"]["lowest"],
        "spread_before": gain["before"]["spread"],
        "spread_after": gain["after"]["spread"],
        "post_kilometres": gain["post_kilometres"],
        "proof": said_of["proof"]["status"],
        "deciding_line": said(f"lines.{said_of['deciding_line']}"),
        "undeclared_share": round(mission.undeclared_share, 2) if told else None,
    }


def _weights(result: RunResult, mission: MissionResult, may: Openness) -> Rows:
    """Every line that exists; what the survey weighs only in domains whose share of time is shown, to three digits, and
    to two where few sheets changed since that share was shown. Where the survey decides and a domain is withheld, none
    of it: the rest of the need would give the weights of that domain."""
    rest_follows = may.as_one and not may.domains >= {c.domain for c in mission.fit.components}
    for line, order in LINES:
        of = mission.fit.lines.get(line)  # type: ignore[call-overload]
        if of is None:
            continue
        digits = 2 if may.kept and line != "expert" else 3
        for p, component in enumerate(mission.fit.components):
            if line != "expert" and (rest_follows or component.domain not in may.domains):
                continue
            described = result.study.indicators.get(component.indicator)
            yield {
                "domain": component.domain,
                "domain_label": result.study.taxonomy.domains[component.domain],
                "indicator_id": component.indicator,
                "indicator": _indicator(result, component.indicator),
                "nature": described.nature if described else "externe",
                "line": said(f"lines.{line}"),
                "line_order": order,
                "retained": line == mission.fit.deciding,
                **{
                    name: _rounded(value, digits)
                    for name, value in (
                        ("minutes_per_unit", of.minutes_per_unit[p]),
                        ("low", of.low[p]),
                        ("high", of.high[p]),
                    )
                },
            }


def _indicator(result: RunResult, id: str) -> str:
    described = result.study.indicators.get(id)
    return described.label if described else COMPUTED[id][0]


def _rounded(value: Any, digits: int) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def _allocations(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any], may: Openness) -> Rows:
    """The ends of the fair share under wrong weights are sums over components: told to a tenth where these are not."""
    threshold = exact(result.parameters["kept_in_draws_threshold"].value)
    reasons = {row["id"]: row for row in said_of["reasons"]["territories"]}
    for row, stable in zip(said_of["territories"], mission.stability.units, strict=True):
        off, ways = reasons[row["id"]]["weights_off"], reasons[row["id"]]["ways"]
        change = row["posts_final"] - row["posts_current"]
        yield {
            "territory_id": row["id"],
            **{name: row[name] for name in ("posts_current", "need_fte", "need_low", "need_high", "fair_share")},
            "posts_final": row["posts_final"],
            "change": change,
            "change_label": _change(change),
            "pressure_before": row["pressure_before"],
            "pressure_after": row["pressure_after"],
            "kept_share": row["kept_in_draws"],
            "supported": said(f"supported.{stable.support(threshold).value}"),
            **{name: off[name] for name in ("fair_share_low", "fair_share_high", "posts_low", "posts_high")},
            **({name: round(off[name], 1) for name in ("fair_share_low", "fair_share_high")} if may.as_one else {}),
            "other_ways": said(f"agreement.{ways['agreement']}", n=len(ways["parted"])),
        }


def _change(change: float) -> str:
    key = "gives" if change < 0 else "receives" if change > 0 else "same"
    return said(f"change.{key}", n=_posts(abs(change)))


def _posts(posts: float) -> str:
    return said(f"posts.{'many' if posts >= 2 else 'one'}", n=posts_text(posts))


def _components(result: RunResult, mission: MissionResult, may: Openness) -> Rows:
    """They add up to the need, the declared individual allowances among them; those told together as one."""
    need = mission.need
    by_component = need.contributions_fte.sum(axis=2)  # (T, P)
    whole = need.need_fte.sum()
    for t, territory in enumerate(need.territories):
        rows = [
            (c.id, result.study.taxonomy.domains[c.domain], _indicator(result, c.indicator), by_component[:, p])
            for p, c in enumerate(need.components)
        ]
        own = need.individual_fte.sum(axis=1)
        if own.any():
            rows.append(("allocations@individuelles", "", said("individual"), own))
        if closed := [row[3] for row in rows if row[0] in may.hidden[territory]]:
            together = np.sum(closed, axis=0)
            rows = [row for row in rows if row[0] not in may.hidden[territory]]
            rows.append((UNDER_SECRECY, "", said("secret_row"), together))
        for id, domain, label, fte in rows:
            yield {
                "territory_id": territory,
                "component": id,
                "domain_label": domain,
                "indicator": label,
                "need_fte": float(fte[t]),
                "need_share": float(fte[t] / need.need_fte[t]) if need.need_fte[t] > 0 else 0.0,
                "department_share": float(fte.sum() / whole) if whole > 0 else 0.0,
            }


def _communes(result: RunResult, mission: MissionResult) -> Rows:
    """Need per inhabitant in classes of the whole department's, and a figure no finer than small counts allow. Of a
    need told as a whole only, nothing: hundreds of communes whose counts are shown give the weights, rounded or not."""
    study, need = result.study, mission.need
    norm = result.parameters["normative_sector_inhabitants"].value
    units = place_counts(study.communes, study.sites, study.counts, norm, study.substitutes)["commune"]
    per_min = need.fte_per_min.sum(axis=1) * mission.fit.minutes_per_unit
    table = units[[c.indicator for c in need.components]].to_numpy(dtype="float64") @ per_min
    people = inhabitants_of(study)
    inhabitants = np.array([people[str(commune)] for commune in units.index])
    rate = np.divide(table * PER_INHABITANTS, inhabitants, out=np.zeros_like(table), where=inhabitants > 0)
    edges = _edges(rate, inhabitants)
    where = {place.id: place for place in places_of(study) if place.level == "commune"}
    for commune, fte, of in zip(units.index, table, rate, strict=True):
        k = int(np.searchsorted(edges, of, side="right"))
        yield {
            "territory_id": where[str(commune)].territory,
            "place_id": str(commune),
            "place": where[str(commune)].name,
            "need_fte": round(float(fte), 1),
            "need_class": k + 1,
            "need_class_label": _class(edges, k),
        }


def _edges(rate: Any, inhabitants: Any) -> list[float]:
    """Five bounds, at two significant digits: each class holds about a sixth of the communes."""
    positive = rate[inhabitants > 0]
    quantiles = np.quantile(positive, np.arange(1, CLASSES) / CLASSES) if len(positive) else np.zeros(CLASSES - 1)
    return [float(f"{edge:.2g}") for edge in quantiles]


def _class(edges: Sequence[float], k: int) -> str:
    one, two = ([number(edge, decimals) for edge in edges] for decimals in (1, 2))
    shown = one if len(set(one)) == len(set(edges)) else two
    if k == 0:
        return said("class_first", high=shown[0])
    return said("class_last", low=shown[-1]) if k == len(edges) else said("classes", low=shown[k - 1], high=shown[k])


def _labels(result: RunResult, mission: MissionResult) -> dict[str, str]:
    """Component → its indicator; with its domain where another domain counts the same one."""
    components = mission.fit.components
    often = Counter(c.indicator for c in components)
    domains = result.study.taxonomy.domains
    return {
        c.id: said("with_domain", label=_indicator(result, c.indicator), domain=domains[c.domain])
        if often[c.indicator] > 1
        else _indicator(result, c.indicator)
        for c in components
    }


def _ledger(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any], may: Openness) -> Rows:
    """From the posts of today to those attributed; every row says where it leads. Rows told together stand as one."""
    plain = {c.id: _indicator(result, c.indicator) for c in mission.fit.components}
    told_apart = {id: label for id, label in _labels(result, mission).items() if label != plain[id]}
    for territory in said_of["territories"]:
        start = Fraction(str(territory["posts_current"]))
        yield _ledger_row(territory["id"], 0, "start", said("start_row"), "start", start, start)
        at = start
        closed = may.hidden[territory["id"]]
        rows = [
            (row["cause"], told_apart.get(row["cause"], row["label"]), row["kind"], Fraction(row["posts_exact"]))
            for row in territory["ledger"]
            if row["cause"] not in closed
        ]
        if secret := [Fraction(row["posts_exact"]) for row in territory["ledger"] if row["cause"] in closed]:
            rows.insert(0, (UNDER_SECRECY, said("secret_row"), "indicator", sum(secret, Fraction(0))))
        for position, (cause, label, kind, posts) in enumerate(rows, start=1):
            at += posts
            yield _ledger_row(territory["id"], position, cause, label, kind, posts, at)
        yield _ledger_row(territory["id"], len(rows) + 1, "end", said("end_row"), "end", at, at)


def _ledger_row(
    territory: str, position: int, cause: str, label: str, kind: str, posts: Fraction, after: Fraction
) -> dict[str, Any]:
    return {
        "territory_id": territory,
        "row_order": position,
        "cause": cause,
        "label": label,
        "kind": said(f"kinds.{kind}"),
        "posts": float(posts),
        "posts_exact": str(posts),
        "posts_after_row": float(after),
    }


def _stability(said_of: Mapping[str, Any]) -> Rows:
    final = {row["id"]: row["posts_final"] for row in said_of["territories"]}
    for row in said_of["reasons"]["territories"]:
        for drawn in row["draws"]:
            yield {"territory_id": row["id"], **drawn, "final": abs(drawn["posts"] - final[row["id"]]) < 1e-9}


def _counterfactuals(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any], may: Openness) -> Rows:
    """Not of components that are told as one."""
    labels = _labels(result, mission)
    for territory in said_of["reasons"]["territories"]:
        for row in territory["thresholds"]:
            if row["component"] in may.hidden[territory["id"]]:
                continue
            yield {
                "territory_id": territory["id"],
                "component": row["component"],
                "label": labels.get(row["component"], said("total_need")),
                "target_posts": row["target_posts"],
                "today": row["today"],
                "needed": row["needed"],
                "relative": row["relative"],
                "sentence": _sentence(row, labels),
            }


def _sentence(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    label, decimals = labels.get(row["component"]), 0
    key = "possible"
    if label is None:
        label, decimals, key = said("total_need"), 2, "need"
    target = _posts(row["target_posts"])
    if row["needed"] is None:
        return said("counterfactual.impossible", label=label, target=target)
    shown = {name: number(row[name], decimals) for name in ("needed", "today")}
    return said(f"counterfactual.{key}", label=label, target=target, **shown)


def _ways(said_of: Mapping[str, Any]) -> Rows:
    final = {row["id"]: row["posts_final"] for row in said_of["territories"]}
    for way in said_of["reasons"]["ways"]:
        for territory, posts in (way["posts"] or {}).items():
            yield {
                "territory_id": territory,
                "way": way["name"],
                "way_label": _way(way["name"]),
                "differs_in": said(f"differs_in.{way['differs_in']}"),
                "posts": posts,
                "difference": posts - final[territory],
            }


def _way(name: str) -> str:
    try:
        return said(f"ways.{name}")
    except KeyError:
        return said("ways.step", step=_posts(float(Fraction(name))))


def _plan(said_of: Mapping[str, Any]) -> Rows:
    """Nothing where few workers stand behind what a territory gives up: then the document has no plan."""
    plan = said_of["plan"]
    for territory in plan["territories"] if plan else ():
        for year, posts in zip([plan["years"][0] - 1, *plan["years"]], territory["posts"], strict=True):
            yield {"territory_id": territory["id"], "year": year, "posts": posts, "remaining": territory["remaining"]}


def _gaps(result: RunResult, document: Mapping[str, Any], mission: str, may: Openness) -> Rows:
    """Without figures where a count of files is withheld; the posts missing say no more than they round to."""
    counted = {i for c in result.study.settings.caseloads if c.mission == mission for i in c.indicators}
    for gap in document["caseload_gaps"]:
        if gap["mission"] == mission:
            closed = may.closed.get(gap["territory"], frozenset()) & counted
            active, served = (None, None) if closed else (gap["active_files_n"], gap["served_files_n"])
            yield {
                "territory_id": gap["territory"],
                "active_files_n": active,
                "served_files_n": served,
                "unserved_files_n": None if active is None else active - served,
                "missing_posts": round(gap["missing_posts"], 1),
            }
