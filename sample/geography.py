"""Sites and sectors for a département: seats at its larger communes, sectors of about the size one worker covers."""

import numpy as np
import pandas as pd

SITE_INHABITANTS = 45_000  # the 1966 norm: 40,000 to 50,000 inhabitants a circonscription
SECTOR_INHABITANTS = 4_700
KM_PER_DEGREE = 111.2


def kilometres(communes: pd.DataFrame) -> np.ndarray:
    """Plane coordinates in km, good to a few parts in a thousand over a département."""
    latitude = communes["latitude"].to_numpy()
    longitude = communes["longitude"].to_numpy() * np.cos(np.radians(latitude.mean()))
    return np.column_stack([longitude, latitude]) * KM_PER_DEGREE


def draw_map(communes: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Commune parts with `site, sector, part`, and the sites with their seats."""
    xy = kilometres(communes)
    parts, sites = [], []
    for territory, group in communes.groupby("territory_name", sort=True):
        seats = _seats(group, xy)
        nearest = np.argmin([[np.hypot(*(xy[i] - xy[s])) for s in seats] for i in group.index], axis=1)
        for number, seat in enumerate(seats):
            members = group[nearest == number]
            found, names = _cut_site(communes.loc[seat], members, xy, rng)
            parts.append(found)
            sites += [(name, territory, communes.loc[seat, "commune"]) for name in names]
    return pd.concat(parts).sort_values(["commune", "sector"], ignore_index=True), pd.DataFrame(
        sites, columns=["site", "territory_name", "seat"]
    )


def _seats(group: pd.DataFrame, xy: np.ndarray) -> list[int]:
    """The largest commune, then those that are both large and far from the seats so far."""
    wanted = max(2, round(group["population"].sum() / SITE_INHABITANTS))
    wanted -= max(0, round(group["population"].max() / SITE_INHABITANTS) - 1)  # a city takes several sites by itself
    seats = [int(group["population"].idxmax())]
    while len(seats) < wanted:
        distance = np.min([[np.hypot(*(xy[i] - xy[s])) for i in group.index] for s in seats], axis=0)
        seats.append(int(group.index[np.argmax(group["population"].to_numpy() * distance)]))
    return seats


def _cut_site(
    seat: pd.Series, members: pd.DataFrame, xy: np.ndarray, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[str]]:
    """Sectors of one seat's communes: large communes cut in parts, small ones grouped in slices around the seat."""
    rows = []
    large = members[members["population"] >= 1.5 * SECTOR_INHABITANTS]
    for _, commune in large.iterrows():
        n = round(commune["population"] / SECTOR_INHABITANTS)
        shares = np.round(rng.dirichlet(np.full(n, 60.0)), 3)
        shares[-1] = round(1 - shares[:-1].sum(), 3)
        rows += [
            {**commune, "sector": f"{commune['commune_name']} {k + 1:02d}", "part": s} for k, s in enumerate(shares)
        ]
    rows += _slices(seat, members.drop(large.index), xy)
    table = pd.DataFrame(rows)
    sectors = list(dict.fromkeys(table["sector"]))
    count = max(1, round(seat["population"] / SITE_INHABITANTS))
    names = [seat["commune_name"]] if count == 1 else [f"{seat['commune_name']} {k + 1}" for k in range(count)]
    site_of = {sector: names[k * count // len(sectors)] for k, sector in enumerate(sectors)}
    return table.assign(site=table["sector"].map(site_of)), names


def _slices(seat: pd.Series, small: pd.DataFrame, xy: np.ndarray) -> list[dict[str, object]]:
    if small.empty:
        return []
    centre = xy[seat.name]
    angle = np.arctan2(xy[small.index, 1] - centre[1], xy[small.index, 0] - centre[0])
    ordered = small.iloc[np.argsort(angle, kind="stable")]
    n = max(1, round(small["population"].sum() / SECTOR_INHABITANTS))
    middle = ordered["population"].cumsum() - ordered["population"] / 2
    which = np.minimum((middle / ordered["population"].sum() * n).astype(int), n - 1)
    label = ordered.groupby(which.to_numpy())["population"].idxmax().map(small["commune_name"])
    return [
        {**commune, "sector": f"Secteur de {label[w]}", "part": 1.0}
        for w, (_, commune) in zip(which, ordered.iterrows(), strict=True)
    ]
