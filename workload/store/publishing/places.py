"""Places at every level, with their outlines: commune, canton, EPCI, territory, département."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely  # type: ignore[import-untyped,unused-ignore]
from shapely.geometry import shape  # type: ignore[import-untyped,unused-ignore]

from workload.ingest.study import Study
from workload.ingest.values import slug
from workload.store.publishing.words import DEPARTMENT, french_order, said

COMMUNE, CANTON, EPCI, TERRITORY, WHOLE = "commune", "canton", "epci", "territoire", "département"
LEVELS = (COMMUNE, CANTON, EPCI, TERRITORY, WHOLE)
PRECISION_DEGREES = 0.0005  # about fifty metres


@dataclass(frozen=True, slots=True)
class Place:
    level: str
    id: str
    name: str
    territory: str  # the one it lies in; DEPARTMENT where it crosses several, or is the whole
    parts: Mapping[str, float]  # commune → the part of it that lies here

    @property
    def communes(self) -> tuple[str, ...]:
        return tuple(self.parts)


def places_of(study: Study) -> tuple[Place, ...]:
    """Every place. A commune, a canton or an EPCI across several territories is in none."""
    found = []
    for level, column in ((COMMUNE, "commune"), (CANTON, "canton"), (EPCI, "epci"), (TERRITORY, "territory")):
        named = study.communes.dropna(subset=[column])
        plain = level in (COMMUNE, TERRITORY)
        # Two ways of writing one name are one place.
        ids = named[column].astype(str) if plain else named[column].map(lambda name: slug(str(name)))
        for id, inside in named.groupby(ids, sort=True):
            territories = set(inside["territory"])
            name = {COMMUNE: "commune_name", TERRITORY: "territory_name"}.get(level, column)
            parts = inside.groupby("commune")["part"].sum()
            found.append(
                Place(
                    level,
                    str(id),
                    str(inside[name].iloc[0]),
                    str(territories.pop()) if len(territories) == 1 else DEPARTMENT,
                    {str(c): min(1.0, round(float(p), 6)) if level == TERRITORY else 1.0 for c, p in parts.items()},
                )
            )
    everything = dict.fromkeys(sorted(set(study.communes["commune"])), 1.0)
    return (*found, Place(WHOLE, DEPARTMENT, said("department"), DEPARTMENT, everything))


def territory_names(study: Study) -> dict[str, tuple[str, int]]:
    """Territory → its name and rank in French order; the département first."""
    names = dict(zip(study.communes["territory"], study.communes["territory_name"], strict=True))
    order = french_order(names.values())
    return {DEPARTMENT: (said("department"), 0)} | {str(t): (str(n), order[n]) for t, n in names.items()}


def inhabitants_of(study: Study) -> dict[str, float]:
    whole = study.communes.drop_duplicates("commune")
    return {str(c): float(n) for c, n in zip(whole["commune"], whole["population"], strict=True)}


def inhabitants_in(place: Place, people: Mapping[str, float]) -> float:
    return sum(people[commune] * part for commune, part in place.parts.items())


def place_rows(study: Study) -> Iterator[dict[str, Any]]:
    """Rows of published.place."""
    people, outlines = inhabitants_of(study), _outlines(study)
    at = study.communes.drop_duplicates("commune").set_index("commune")
    places = places_of(study)
    order = {level: french_order(p.name for p in places if p.level == level) for level in LEVELS}
    for place in places:
        shapes = [outlines[c] for c in place.communes if c in outlines]
        largest = max(place.communes, key=lambda c: people[c])
        yield {
            "territory_id": place.territory,
            "level": place.level,
            "place_id": place.id,
            "place": place.name,
            "place_order": order[place.level][place.name],
            "inhabitants": inhabitants_in(place, people),
            "longitude": _number(at, largest, "longitude"),
            "latitude": _number(at, largest, "latitude"),
            "geometry": _geometry(shapes) if shapes else None,
        }


def _number(table: pd.DataFrame, commune: str, column: str) -> float | None:
    value: Any = table.at[commune, column] if column in table else None
    return None if value is None or value != value else float(value)


def _outlines(study: Study) -> Mapping[str, Any]:
    if study.contours is None:
        return {}
    return {
        f["properties"]["commune"]: shapely.make_valid(shape(f["geometry"])) for f in study.contours.get("features", ())
    }


def _geometry(shapes: list[Any]) -> str:
    """Polygons only: what simplification may leave of lines draws as nothing, or not at all."""
    merged = shapely.set_precision(shapely.union_all(shapes), PRECISION_DEGREES)
    polygons = [p for p in shapely.get_parts(merged) if p.geom_type == "Polygon"]
    outline = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
    return json.dumps(json.loads(shapely.to_geojson(outline)), separators=(",", ":"))
