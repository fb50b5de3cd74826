"""territoires.xlsx: communes → sector → site → territory, and where each site has its seat."""

import numpy as np
import pandas as pd

from workload.errors import Issue
from workload.ingest.grid import Workbook
from workload.ingest.layouts import load
from workload.ingest.tables import Row, did_you_mean, read_table
from workload.ingest.values import slug

FILE = "territoires.xlsx"
PART_TOLERANCE = 0.001


def read_territories(workbook: Workbook, department: str) -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    """Table of commune parts and table of sites.

    Communes: one row per commune and sector, columns `commune, commune_name, population, territory,
    territory_name, site, sector, part, longitude, latitude, area_km2, epci, canton`. A commune cut into sectors has
    parts that add to 1.
    Sites: `site, territory, seat`.
    """
    layouts = load("tables.csv")
    rows, issues = read_table(workbook, layouts["territories"])
    site_rows, site_issues = read_table(workbook, layouts["sites"])
    issues += site_issues
    if not rows:
        return pd.DataFrame(), pd.DataFrame(), issues
    issues += _department(rows, department) + _parts(rows) + _nesting(rows, "site", "territory_name")
    issues += _nesting(rows, "sector", "site")
    issues += _sites(rows, site_rows) + _names(rows) + _coordinates(rows)
    communes = pd.DataFrame([dict(row.values) for row in rows])
    communes["territory"] = communes["territory_name"].map(slug, na_action="ignore")
    communes["area_km2"] = communes["area_km2"].astype("float64") if "area_km2" in communes else np.nan
    for name in ("epci", "canton"):
        communes[name] = pd.Series(communes.get(name, np.nan), index=communes.index, dtype="str")
    communes["part"] = communes["part"].astype("float64").fillna(1.0) if "part" in communes else 1.0
    sites = pd.DataFrame([dict(row.values) for row in site_rows], columns=["site", "territory_name", "seat"])
    sites["territory"] = sites["territory_name"].map(slug, na_action="ignore")
    return communes, sites[["site", "territory", "seat"]], issues


def _names(rows: list[Row]) -> list[Issue]:
    """Two names that differ only in case, accents or punctuation would become one territory."""
    issues, first = [], dict[str, Row]()
    for row in rows:
        name = row.values["territory_name"]
        if name:
            other = first.setdefault(slug(name), row)
            if other.values["territory_name"] != name or not slug(name):
                issues.append(
                    row.issue("territory_names_alike", "territory_name", other=other.values["territory_name"])
                )
    return issues


def _coordinates(rows: list[Row]) -> list[Issue]:
    """Coordinates, and areas, for all communes or for none: one hole would take the distances of all the others."""
    issues = []
    for field, heading in (("longitude", "Longitude"), ("latitude", "Latitude"), ("area_km2", "Surface (km²)")):
        given = [row for row in rows if row.values.get(field) is not None]
        if given and len(given) < len(rows):
            issues += [row.issue("empty_cell", field, heading=heading) for row in rows if row not in given]
    return issues


def _department(rows: list[Row], department: str) -> list[Issue]:
    return [
        row.issue("commune_elsewhere", "commune", department=department)
        for row in rows
        if row.values["commune"] and not row.values["commune"].startswith(department)
    ]


def _parts(rows: list[Row]) -> list[Issue]:
    """A commune appears once, or cut into sectors whose parts add to the whole of it."""
    issues, seen = [], dict[str, list[Row]]()
    for row in rows:
        if row.values["commune"]:
            seen.setdefault(row.values["commune"], []).append(row)
    for commune, group in seen.items():
        if len(group) == 1 and group[0].values.get("part") is None:
            continue
        parts = [float(row.values["part"]) for row in group if row.values.get("part") is not None]
        if len(parts) < len(group) or min(parts) == 1 or len({row.values["sector"] for row in group}) < len(group):
            issues += [row.issue("duplicate_commune", "commune") for row in group[1:]]
        elif abs(sum(parts) - 1) > PART_TOLERANCE:
            issues.append(
                group[-1].issue("parts_total", "part", commune=commune, total=f"{sum(parts):.3f}".replace(".", ","))
            )
    return issues


def _nesting(rows: list[Row], inner: str, outer: str) -> list[Issue]:
    """A sector lies in one site, a site in one territory."""
    first: dict[str, Row] = {}
    issues = []
    for row in rows:
        name = row.values[inner]
        if name is None or row.values[outer] is None:
            continue
        other = first.setdefault(name, row)
        if other.values[outer] != row.values[outer]:
            code = "site_in_two_territories" if inner == "site" else "sector_in_two_sites"
            issues.append(
                row.issue(code, inner, other=other.values[outer], here=row.values[outer], cell=other.cell(inner))
            )
    return issues


def _sites(rows: list[Row], site_rows: list[Row]) -> list[Issue]:
    known = {row.values["site"]: row.values["territory_name"] for row in rows if row.values["site"]}
    communes = {row.values["commune"] for row in rows}
    issues, listed = [], set()
    for row in site_rows:
        name, seat = row.values["site"], row.values["seat"]
        if name in listed:
            issues.append(row.issue("duplicate_site", "site"))
        listed.add(name)
        if name and name not in known:
            issues.append(row.issue("unknown_site", "site", suggestion=did_you_mean(name, list(known))))
        elif name and row.values["territory_name"] not in (None, known[name]):
            issues.append(
                row.issue(
                    "site_in_two_territories",
                    "territory_name",
                    other=known[name],
                    here=row.values["territory_name"],
                    cell=row.cell("site"),
                )
            )
        if seat and seat not in communes:
            issues.append(row.issue("unknown_commune", "seat"))
    if site_rows:
        missing = [name for name in known if name not in listed]
        issues += [
            Issue("site_without_seat", site_rows[0].file, site_rows[0].sheet, params={"site": name}) for name in missing
        ]
    return issues
