"""Outlines of the territories from the GeoJSON of the sheet's places."""

import json
from dataclasses import dataclass
from math import cos, radians

import shapely  # type: ignore[import-untyped,unused-ignore]
from shapely.geometry import shape  # type: ignore[import-untyped,unused-ignore]

from workload.store.scenario_sheets import Sheet

LEVEL = "territoire"
SMALL_DEGREES = 0.004
"""On a map of a few centimetres: about four hundred metres."""


@dataclass(frozen=True, slots=True)
class Outline:
    rings: tuple[tuple[tuple[float, float], ...], ...]
    inside: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outlines:
    of: dict[str, Outline]
    aspect: float  # of a degree of latitude to one of longitude


def outlines_of(sheet: Sheet) -> Outlines | None:
    """None where the study has no map."""
    shapes = {}
    for place in sheet.study["places"]:
        if place["level"] == LEVEL and place.get("geometry"):
            geometry = shapely.make_valid(shape(json.loads(place["geometry"])))
            if not geometry.is_empty and geometry.area > 0:
                shapes[str(place["territory_id"])] = geometry
    if not shapes:
        return None
    whole = shapely.total_bounds(list(shapes.values()))
    extent = max(whole[2] - whole[0], whole[3] - whole[1])
    near = min(SMALL_DEGREES, extent / 200)
    of = {id: _outline(geometry, near) for id, geometry in shapes.items()}
    return Outlines(of, 1 / cos(radians((whole[1] + whole[3]) / 2)))


def _outline(geometry: object, near: float) -> Outline:
    polygons = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    polygons = polygons or [shapely.convex_hull(geometry)]
    largest = max(polygons, key=lambda polygon: float(polygon.area))
    centre = shapely.maximum_inscribed_circle(largest, tolerance=near).coords[0]
    rings = [
        shapely.simplify(ring, near)
        for polygon in polygons
        for ring in (polygon.exterior, *polygon.interiors)
        if polygon is largest or ring.length > 10 * near
    ]
    return Outline(
        tuple(tuple((float(x), float(y)) for x, y in ring.coords) for ring in rings),
        (float(centre[0]), float(centre[1])),
    )
