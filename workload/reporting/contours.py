"""Outlines of the territories, from those of their communes."""

from dataclasses import dataclass
from math import cos, radians
from typing import Any

import shapely  # type: ignore[import-untyped,unused-ignore]
from shapely.geometry import shape  # type: ignore[import-untyped,unused-ignore]

from workload.ingest.study import Study

SIMPLIFY_DEGREES = 0.001  # about a hundred metres: finer than a printed page shows


@dataclass(frozen=True, slots=True)
class Outline:
    rings: tuple[tuple[tuple[float, float], ...], ...]  # outer rings and holes
    inside: tuple[float, float]  # a point well inside the largest part


def territory_outlines(study: Study) -> tuple[dict[str, Outline], float] | None:
    """Outline by territory, and the aspect of a degree of latitude to one of longitude; None without contours."""
    if study.contours is None:
        return None
    territory_of = dict(zip(study.communes["commune"], study.communes["territory"], strict=True))
    parts: dict[str, list[Any]] = {}
    for feature in study.contours.get("features", ()):
        territory = territory_of.get(feature["properties"].get("commune"))
        if territory is not None:
            parts.setdefault(str(territory), []).append(shapely.make_valid(shape(feature["geometry"])))
    if not parts:
        return None
    merged = {territory: shapely.union_all(parts[territory]) for territory in sorted(parts)}
    whole = shapely.total_bounds(list(merged.values()))
    aspect = 1 / cos(radians((whole[1] + whole[3]) / 2))
    return {territory: _outline(geometry) for territory, geometry in merged.items()}, aspect


def _outline(geometry: Any) -> Outline:
    polygons = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    largest = max(polygons, key=lambda polygon: float(polygon.area))
    centre = shapely.maximum_inscribed_circle(largest, tolerance=0.01).coords[0]
    simple = [shapely.simplify(ring, SIMPLIFY_DEGREES) for ring in rings if ring.length > 20 * SIMPLIFY_DEGREES]
    return Outline(
        tuple(tuple((float(x), float(y)) for x, y in ring.coords) for ring in simple),
        (float(centre[0]), float(centre[1])),
    )
