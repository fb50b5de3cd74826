"""What is heard in the room, and what this study's figures add to the answer."""

from collections.abc import Callable, Iterable, Sequence

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.reporting.dossier.cost import done_in, left_of, missing_posts
from workload.reporting.dossier.model import Objection
from workload.reporting.dossier.reading import (
    Mission,
    extremes,
    nearest,
    need_threshold,
    occupied_allowed,
    parameter,
    safe,
    surveyed,
    ways_of,
)
from workload.reporting.dossier.words import apart, entry, posts, pressure, relative, say, some
from workload.store.scenario_sheets import Row, Sheet

EXPERT, EXTERNAL = "expert", "external"


def objections_of(sheet: Sheet, missions: Sequence[Mission]) -> tuple[Objection, ...]:
    minimum = number(parameter(sheet, "minimum_workers", 5), 0)
    found = []
    for item in entry("objections.items"):
        adds = filter(None, FIGURES[item["id"]](sheet, missions))
        answer = item["answer"] if surveyed(sheet) else item.get("without_survey", item["answer"])
        found.append(Objection(item["said"], (answer.format(minimum=minimum), *adds)))
    return tuple(found)


def _figure(key: str, /, **params: object) -> str:
    return say(f"objections.figures.{key}", **params)


def _norm(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    ends = extremes(missions[0].allocation, "pressure_before")
    if ends:
        low, high = (pressure(row["pressure_before"]) for row in ends)
        yield _figure("norm_moves", low=low, high=high)


def _wrong(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    main = missions[0]
    items = []
    for row in main.moves or main.allocation[:3]:
        possible = [of for of in nearest(sheet, main.id, row["territory_id"]) if of["needed"] is not None]
        if possible:
            of = possible[0]
            items.append(
                _figure(
                    "wrong_item",
                    territory=row["territory"],
                    label=of["label"],
                    today=number(of["today"], 0),
                    needed=number(of["needed"], 0),
                    relative=wording.words("units.missing") if of["relative"] is None else relative(of["relative"]),
                )
            )
    yield _figure("wrong_nearest", list=apart(items)) if items else _figure("wrong_none")


def _read(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    if surveyed(sheet):
        yield _otherwise(sheet, missions[0], EXPERT, "read_expert", "read_same", "read_none")


def _supply(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    yield _otherwise(sheet, missions[0], EXTERNAL, "supply", "supply_same", "supply_none")


def _otherwise(sheet: Sheet, mission: Mission, way: str, differs: str, same: str, none: str) -> str:
    rows = [row for row in ways_of(sheet, mission.id) if row["way"] == way]
    if not rows:
        return _figure(none)
    final = {row["territory_id"]: row["posts_final"] for row in mission.allocation}
    parted = [row for row in rows if row["difference"]]
    if not parted:
        return _figure(same)
    items = (
        _figure(
            "way_item",
            territory=row["territory"],
            posts=posts_text(row["posts"]),
            final=posts_text(final[row["territory_id"]]),
        )
        for row in parted
    )
    return _figure(differs, list=some(items))


def _total(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    if short := missing_posts(sheet, missions):
        yield _figure("total_ceilings", missing=wording.about(sum(short.values())), missions=some(short))
    if ends := extremes(missions[0].allocation, "pressure_after"):
        low, high = (pressure(row["pressure_after"]) for row in ends)
        yield _figure("total_pressure", low=low, high=high)


def _uncounted(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    main = missions[0]
    items = []
    for row in main.moves or main.allocation[:3]:
        need = need_threshold(sheet, main.id, row["territory_id"])
        if need and need["relative"] is not None:
            items.append(_figure("uncounted_item", territory=row["territory"], relative=relative(need["relative"])))
    if items:
        yield _figure("uncounted", list=apart(items))


def _people(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    main = missions[0]
    rows = sheet.rows("plan", main.id)
    if rows:
        yield _figure("people_occupied" if occupied_allowed(sheet) else "people_free")
        if done_in(main, rows) is None:
            yield _figure("people_left", year=max(row["year"] for row in rows), left=posts(left_of(rows)))


def _machine(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    main = missions[0]
    n = len({row["way"] for row in ways_of(sheet, main.id)})
    if n and main.moves:
        yield _figure("machine_ways", n=n, safe=sum(map(safe, main.moves)), moves=len(main.moves))
    elif n:
        yield _figure("machine_still", n=n)


def _chance(sheet: Sheet, missions: Sequence[Mission]) -> Iterable[str]:
    draws = number(sheet.rows("scenario")[0]["draws_n"], 0)
    moves: Sequence[Row] = missions[0].moves
    if not moves:
        yield _figure("chance_still", draws=draws)
        return
    least = min(moves, key=lambda row: float(row["kept_share"]))
    kept = wording.percent(float(least["kept_share"]))
    yield _figure("chance", draws=draws, territory=least["territory"], kept=kept)


FIGURES: dict[str, Callable[[Sheet, Sequence[Mission]], Iterable[str]]] = {
    "norm": _norm,
    "wrong": _wrong,
    "read": _read,
    "total": _total,
    "uncounted": _uncounted,
    "people": _people,
    "machine": _machine,
    "supply": _supply,
    "chance": _chance,
}
