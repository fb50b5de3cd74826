"""Who stands behind every figure on where the time goes: the linked tables of one mission, from the finest detail to
the coarsest.

A cell is a group of agents (territory, profession, site) and a category (item, mode, domain, or both coordinates at
once). Categories add up to modes, to domains and to the whole time of the group, which is known to everybody: posts ×
hours. Groups add up from sites and professions to territories and to the département.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workload.models.agents import Agents
from workload.models.ratio import Floats
from workload.parameters import Taxonomy
from workload.store.disclosure import Cell, CellFacts, Equation, LinkedTables
from workload.store.publishing.words import DEPARTMENT as ALL

ITEM, MODE, DOMAIN, PAIR, WHOLE = "item", "mode", "domain", "mode_domain", "whole"
Group = tuple[str, str, str]  # territory, profession, site

RUNGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Kind of group → levels shown of it. Names are keys of messages/published.yaml.
    "finest": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (ITEM, MODE, DOMAIN),
        "territory": (ITEM, MODE, DOMAIN, PAIR),
        "both": (MODE, DOMAIN),
        "site": (MODE, DOMAIN),
    },
    "by_profession": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (ITEM, MODE, DOMAIN),
        "territory": (ITEM, MODE, DOMAIN, PAIR),
        "both": (MODE, DOMAIN),
    },
    "by_site": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (ITEM, MODE, DOMAIN),
        "territory": (ITEM, MODE, DOMAIN, PAIR),
        "site": (DOMAIN,),
    },
    "by_item": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (ITEM, MODE, DOMAIN),
        "territory": (ITEM, MODE, DOMAIN, PAIR),
    },
    "by_pair": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (MODE, DOMAIN),
        "territory": (MODE, DOMAIN, PAIR),
    },
    "by_domain": {
        "department": (ITEM, MODE, DOMAIN, PAIR),
        "profession": (MODE, DOMAIN),
        "territory": (MODE, DOMAIN),
    },
    "domain_only": {"department": (ITEM, MODE, DOMAIN), "profession": (DOMAIN,), "territory": (DOMAIN,)},
    "department_by_profession": {"department": (ITEM, MODE, DOMAIN, PAIR), "profession": (MODE, DOMAIN)},
    "department_items": {"department": (ITEM, MODE, DOMAIN, PAIR)},
    "department": {"department": (MODE, DOMAIN)},
}


@dataclass(frozen=True, slots=True)
class TimeCells:
    """Every cell of one mission. amounts: cell → (n,) what each agent adds to it, in the order of the agents."""

    of: Agents
    amounts: Mapping[Cell, Floats]
    equations: tuple[Equation, ...]
    whole: frozenset[Cell]  # the groups' whole time, known to everybody
    minimum: int

    def facts(self, cell: Cell, weight: Floats | None = None) -> CellFacts:
        """weight: (n,) what each agent counts for; the survey's own weights where not given."""
        amounts = self.amounts[cell] * (self.of.weight if weight is None else weight)
        return CellFacts.of({self.of.id[k]: float(amounts[k]) for k in np.flatnonzero(amounts > 0)})

    def rung(self, name: str, known: Collection[Cell] = ()) -> LinkedTables:
        """The tables of one detail; with cells of a finer one that are known already."""
        levels = RUNGS[name]
        chosen = {cell for cell in self.amounts if cell[3] in levels.get(kind_of(cell[:3]), ())}
        chosen |= {cell for cell in known if cell in self.amounts}
        groups = {cell[:3] for cell in chosen}
        public = {(*group, WHOLE, ALL) for group in groups} & self.whole
        cells = {cell: self.facts(cell) for cell in sorted(chosen | public)}
        equations = tuple(e for e in self.equations if e[0] in cells and all(part in cells for part in e[1]))
        return LinkedTables(cells, equations, frozenset(public))


def kind_of(group: Collection[str]) -> str:
    territory, profession, site = group
    if site != ALL:
        return "site"
    if territory == ALL:
        return "department" if profession == ALL else "profession"
    return "territory" if profession == ALL else "both"


def time_cells(of: Agents, items: Taxonomy, minimum: int) -> TimeCells:
    masks = dict(_groups(of))
    members = {level: _members(level, items) for level in (ITEM, MODE, DOMAIN, PAIR)}
    amounts: dict[Cell, Floats] = {}
    whole = set()
    for group, mask in masks.items():
        for level, categories in members.items():
            for code, member in categories.items():
                spent = (of.annual_min @ member) * mask
                if spent.any():
                    amounts[(*group, level, code)] = spent
        if mask.sum() >= minimum:  # of a smaller group every figure is withheld: what they add up to says nothing more
            cell = (*group, WHOLE, ALL)
            amounts[cell] = of.annual_min.sum(axis=1) * mask
            whole.add(cell)
    return TimeCells(of, amounts, tuple(_equations(amounts, masks, items)), frozenset(whole), minimum)


def _groups(of: Agents) -> Iterator[tuple[Group, NDArray[np.bool_]]]:
    """Every group with its agents. Sites of a territory where somebody belongs to none are left out: what is missing
    to the territory would be theirs alone."""
    everybody = np.ones(len(of.id), dtype=bool)
    where = np.array([of.site.get(area, "") for area in of.area], dtype=object)
    yield (ALL, ALL, ALL), everybody
    for profession in sorted(set(of.profession)):
        yield (ALL, profession, ALL), of.profession == profession
    for territory in sorted(set(of.territory)):
        inside = of.territory == territory
        yield (territory, ALL, ALL), inside
        for profession in sorted(set(of.profession[inside])):
            yield (territory, profession, ALL), inside & (of.profession == profession)
        if all(where[inside]):
            for site in sorted(set(where[inside])):
                yield (territory, ALL, site), inside & (where == site)


def _members(level: str, items: Taxonomy) -> dict[str, Floats]:
    """Code → (I,) which items belong to it."""
    names = {
        ITEM: [i.code for i in items.items],
        MODE: [i.mode for i in items.items],
        DOMAIN: [i.domain for i in items.items],
        PAIR: [f"{i.mode}|{i.domain}" for i in items.items],
    }[level]
    return {code: np.array([name == code for name in names], dtype="float64") for code in dict.fromkeys(names)}


def _equations(amounts: Mapping[Cell, Floats], groups: Mapping[Group, object], items: Taxonomy) -> Iterator[Equation]:
    """Sums over categories within each group, and over groups within each category; parts without a minute left out."""
    for group in groups:
        for total, parts in _category_sums(items):
            yield from _present(amounts, (*group, *total), [(*group, *part) for part in parts])
    categories = list(dict.fromkeys(cell[3:] for cell in amounts))
    for margin, inside in _group_sums(list(groups)):
        for category in categories:
            yield from _present(amounts, (*margin, *category), [(*part, *category) for part in inside])


def _present(amounts: Mapping[Cell, Floats], total: Cell, parts: list[Cell]) -> Iterator[Equation]:
    found = tuple(part for part in parts if part in amounts)
    # A group too small to have its whole time counted takes the sum over such groups with it.
    if total in amounts and found and np.isclose(sum(amounts[p].sum() for p in found), amounts[total].sum()):
        yield total, found


def _category_sums(items: Taxonomy) -> Iterator[tuple[tuple[str, str], list[tuple[str, str]]]]:
    pairs = list(dict.fromkeys((i.mode, i.domain) for i in items.items))
    for mode in dict.fromkeys(m for m, _ in pairs):
        yield (MODE, mode), [(ITEM, i.code) for i in items.items if i.mode == mode]
        yield (MODE, mode), [(PAIR, f"{m}|{d}") for m, d in pairs if m == mode]
    for domain in dict.fromkeys(d for _, d in pairs):
        yield (DOMAIN, domain), [(ITEM, i.code) for i in items.items if i.domain == domain]
        yield (DOMAIN, domain), [(PAIR, f"{m}|{d}") for m, d in pairs if d == domain]
    for mode, domain in pairs:
        yield (
            (PAIR, f"{mode}|{domain}"),
            [(ITEM, i.code) for i in items.items if (i.mode, i.domain) == (mode, domain)],
        )
    for level, codes in ((MODE, [m for m, _ in pairs]), (DOMAIN, [d for _, d in pairs])):
        yield (WHOLE, ALL), [(level, code) for code in dict.fromkeys(codes)]
    yield (WHOLE, ALL), [(ITEM, i.code) for i in items.items]


def _group_sums(groups: list[Group]) -> Iterator[tuple[Group, list[Group]]]:
    territories = [t for t, p, s in groups if p == ALL and s == ALL and t != ALL]
    professions = [p for t, p, s in groups if t == ALL and p != ALL]
    yield (ALL, ALL, ALL), [(t, ALL, ALL) for t in territories]
    yield (ALL, ALL, ALL), [(ALL, p, ALL) for p in professions]
    for profession in professions:
        yield (ALL, profession, ALL), [(t, p, s) for t, p, s in groups if t != ALL and p == profession]
    for territory in territories:
        yield (territory, ALL, ALL), [(t, p, s) for t, p, s in groups if t == territory and p != ALL]
        if sites := [(t, p, s) for t, p, s in groups if t == territory and s != ALL]:
            yield (territory, ALL, ALL), sites
