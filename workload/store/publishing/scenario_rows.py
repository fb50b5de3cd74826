"""What a scenario says, table by table: from the run's document, whose names and figures are those of every report."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from workload.catalogue import number, posts_text
from workload.ingest.study_counts import COMPUTED
from workload.models.design import place_counts
from workload.pipeline import MissionResult, RunResult
from workload.store.publishing.places import inhabitants_of
from workload.store.publishing.words import said
from workload.units import exact

Rows = Iterator[dict[str, Any]]
CLASSES = 6
PER_INHABITANTS = 10_000
LINES = (("expert", 1), ("data", 2), ("blended", 3))


def scenario_tables(result: RunResult, document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Table → rows, without what all rows of the scenario share. document: `run_document` of the same result."""
    found: dict[str, list[dict[str, Any]]] = {}
    for said_of in document["missions"]:
        mission = result.missions[said_of["id"]]
        tables = {
            "scenario_mission": [_mission(said_of)],
            "weight": _weights(result, mission),
            "allocation": _allocations(result, mission, said_of),
            "allocation_profession": said_of["by_profession"],
            "need_component": _components(result, mission),
            "need_commune": _communes(result, mission),
            "ledger": _ledger(result, mission, said_of),
            "stability": _stability(said_of),
            "counterfactual": _counterfactuals(result, mission, said_of),
            "other_way": _ways(said_of),
            "plan": _plan(said_of),
            "caseload_gap": _gaps(document, mission.id),
        }
        for name, rows in tables.items():
            found.setdefault(name, []).extend({"mission_id": mission.id, **row} for row in rows)
    return found


def _mission(said_of: Mapping[str, Any]) -> dict[str, Any]:
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
        "undeclared_share": said_of["undeclared_share"],
    }


def _weights(result: RunResult, mission: MissionResult) -> Rows:
    """Every line that exists; the survey's own only where enough workers stand behind it."""
    minimum = int(result.parameters["minimum_workers"].value)
    for line, order in LINES:
        of = mission.fit.lines.get(line)  # type: ignore[call-overload]
        if of is None or (line != "expert" and mission.fit.respondents_n < minimum):
            continue
        for p, component in enumerate(mission.fit.components):
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
                "minutes_per_unit": float(of.minutes_per_unit[p]),
                "low": _finite(of.low[p]),
                "high": _finite(of.high[p]),
            }


def _indicator(result: RunResult, id: str) -> str:
    described = result.study.indicators.get(id)
    return described.label if described else COMPUTED[id][0]


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _allocations(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any]) -> Rows:
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
            "other_ways": said(f"agreement.{ways['agreement']}", n=len(ways["parted"])),
        }


def _change(change: float) -> str:
    key = "gives" if change < 0 else "receives" if change > 0 else "same"
    return said(f"change.{key}", n=_posts(abs(change)))


def _posts(posts: float) -> str:
    return said(f"posts.{'many' if posts >= 2 else 'one'}", n=posts_text(posts))


def _components(result: RunResult, mission: MissionResult) -> Rows:
    """They add up to the need, the declared individual allowances among them."""
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
    """Need per inhabitant in classes of the whole department's, and a figure no finer than small counts allow."""
    study, need = result.study, mission.need
    norm = result.parameters["normative_sector_inhabitants"].value
    units = place_counts(study.communes, study.sites, study.counts, norm)["commune"]
    per_min = need.fte_per_min.sum(axis=1) * mission.fit.minutes_per_unit
    table = units[[c.indicator for c in need.components]].to_numpy(dtype="float64") @ per_min
    people = inhabitants_of(study)
    inhabitants = np.array([people[str(commune)] for commune in units.index])
    rate = np.divide(table * PER_INHABITANTS, inhabitants, out=np.zeros_like(table), where=inhabitants > 0)
    edges = _edges(rate, inhabitants)
    where = study.communes.drop_duplicates("commune").set_index("commune")
    for commune, fte, of in zip(units.index, table, rate, strict=True):
        k = int(np.searchsorted(edges, of, side="right"))
        yield {
            "territory_id": str(where.at[commune, "territory"]),
            "place_id": str(commune),
            "place": str(where.at[commune, "commune_name"]),
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


def _ledger(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any]) -> Rows:
    """From the posts of today to those attributed; every row says where it leads."""
    plain = {c.id: _indicator(result, c.indicator) for c in mission.fit.components}
    told_apart = {id: label for id, label in _labels(result, mission).items() if label != plain[id]}
    for territory in said_of["territories"]:
        start = Fraction(str(territory["posts_current"]))
        yield _ledger_row(territory["id"], 0, "start", said("start_row"), "start", start, start)
        at = start
        for position, row in enumerate(territory["ledger"], start=1):
            posts = Fraction(row["posts_exact"])
            at += posts
            yield _ledger_row(
                territory["id"],
                position,
                row["cause"],
                told_apart.get(row["cause"], row["label"]),
                row["kind"],
                posts,
                at,
            )
        yield _ledger_row(territory["id"], len(territory["ledger"]) + 1, "end", said("end_row"), "end", at, at)


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


def _counterfactuals(result: RunResult, mission: MissionResult, said_of: Mapping[str, Any]) -> Rows:
    """Not where a small count of people would be read: what the service counts, under the minimum of persons."""
    least = result.parameters["minimum_persons"].value
    labels = _labels(result, mission)
    for territory in said_of["reasons"]["territories"]:
        for row in territory["thresholds"]:
            described = result.study.indicators.get(row["component"].split("@", 1)[0])
            if described and described.confidential and 0 < row["today"] < least:
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


def _gaps(document: Mapping[str, Any], mission: str) -> Rows:
    for gap in document["caseload_gaps"]:
        if gap["mission"] == mission:
            row = {name: gap[name] for name in ("active_files_n", "served_files_n", "missing_posts")}
            unserved = gap["active_files_n"] - gap["served_files_n"]
            yield {"territory_id": gap["territory"], **row, "unserved_files_n": unserved}
