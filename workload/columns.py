"""Each column once: its name with the unit in it, its dtype, what it means.

Tables that travel between the layers use these names and no others.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    dtype: str
    meaning: str


def _c(name: str, dtype: str, meaning: str) -> Column:
    return Column(name, dtype, meaning)


COMMUNE = _c("commune", "str", "code INSEE, text: 54001, 2A004")
COMMUNE_NAME = _c("commune_name", "str", "name of the commune")
SECTOR = _c("sector", "str", "the communes, or part of one, that a worker covers")
SITE = _c("site", "str", "a team's place inside a territory")
TERRITORY = _c("territory", "str", "stable id of the unit that posts are allocated to")
TERRITORY_NAME = _c("territory_name", "str", "its name as people write it")
PART = _c("part", "float64", "share of the commune that belongs to the sector, 0 < part ≤ 1")
AREA = _c("area", "str", "what a worker covers: a sector, or a whole site; observation unit of the fit")

POPULATION = _c("population", "float64", "inhabitants of the whole commune")
LONGITUDE = _c("longitude", "float64", "degrees east")
LATITUDE = _c("latitude", "float64", "degrees north")
AREA_KM2 = _c("area_km2", "float64", "surface of the whole commune, km²")
EPCI = _c("epci", "str", "intercommunality that a commune belongs to, by name")
CANTON = _c("canton", "str", "canton that a commune lies in, by name")
SEAT = _c("seat", "str", "commune in which a site has its seat")

POST = _c("post", "str", "id of a budgeted post")
MISSION = _c("mission", "str", "what the post is for")
PROFESSION = _c("profession", "str", "profession required")
FTE = _c("fte", "float64", "budgeted full-time equivalent of the post")
QUOTITE = _c("quotite", "float64", "share of full time worked by its holder, 0 when vacant")
LOCKED = _c("locked", "bool", "the post may not move")
DEPARTURE_YEAR = _c("departure_year", "Int64", "year its holder is expected to leave, empty when none is foreseen")
DEPARTURE_REASON = _c("departure_reason", "str", "retraite or mobilité")
OCCUPIED = _c("occupied", "bool", "somebody holds the post")

AGENT = _c("agent", "str", "keyed pseudonym of a respondent, never the code in the sheet")
ITEM = _c("item", "str", "code of a time-use item in the taxonomy")
MODE = _c("mode", "str", "mode of intervention: interview, home visit, travel, …")
DOMAIN = _c("domain", "str", "domain: child protection, housing, …; 'support' is no domain")
DAY = _c("day", "int64", "proleptic ordinal of the day noted")
TIME_SPENT_MIN = _c("time_spent_min", "float64", "minutes in the sheet's period")

INDICATOR = _c("indicator", "str", "id of a workload indicator")
COUNT_N = _c("count_n", "float64", "number of units of the indicator in the place")

ALL = {column.name: column for column in list(globals().values()) if isinstance(column, Column)}
"""Every column by name: the dictionary that the tables of a study are held to."""
