"""`--rules FILE` of `workload allocate`: every rule of the engine, in posts, in French keys, for the cells it names."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Rule, decimal_text
from workload.allocation.pools import Where
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.table_reader import COORDINATES, NeedRow, NeedTable
from workload.allocation.table_rule_file import Cells, PostsOf, RuleFile, Which
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.errors import InputError, Issue
from workload.ingest.study_file import read_choices
from workload.ingest.tables import did_you_mean
from workload.ingest.values import normalise
from workload.units import exact


def read_rules(path: Path, table: NeedTable, step: Fraction) -> tuple[Rule, ...]:
    """The rules of a file, for the lines of a table; figures must be multiples of `step` posts.

    Entries of one rule hold together: of two floors for a cell the higher counts, of two ceilings the lower.

    Raises:
        InputError: keys, figures and names that make no sense, all at once.
    """
    if not path.is_file():
        raise InputError([Issue("table_unreadable", str(path))])
    return _Translator(read_choices(path, path.name, RuleFile), table, step, path.name).rules()


class _Translator:
    """Names and posts of the file become units and steps; what does not is gathered."""

    def __init__(self, asked: RuleFile, table: NeedTable, step: Fraction, file: str) -> None:
        self.asked, self.table, self.step, self.file = asked, table, step, file
        self.issues: list[Issue] = []

    def rules(self) -> tuple[Rule, ...]:
        rules = [*self._unit_rules(), *self._group_rules()]
        if self.issues:
            raise InputError(self.issues)
        return tuple(rules)

    def _unit_rules(self) -> list[Rule]:
        asked, found = self.asked, list[Rule]()
        if floors := self._each("presence_minimale", asked.floors, max):
            found.append(MinimumPresence(floors))
        if ceilings := self._each("plafond", asked.ceilings, min):
            found.append(Ceiling(ceilings))
        if changes := self._each("deplacement_maximal", asked.changes, min):
            found.append(LargestChange(changes))
        if asked.percents:
            percents = dict[str, int]()
            for one in asked.percents:
                for row in self._rows("changement_maximal_pourcent", one):
                    percents[row.unit] = min(one.percent, percents.get(row.unit, one.percent))
            found.append(LargestChangePercent(percents))
        if locked := self._each("postes_verrouilles", asked.locked, max):
            found.append(LockedPosts(locked))
        if asked.decisions:
            found.append(self._pinned())
        if asked.caseload:
            files = {u: n for name, n in asked.caseload.files.items() if (u := self._unit("plafond_dossiers", name))}
            found.append(LargestCaseload(files, exact(asked.caseload.per_post)))
        return found

    def _pinned(self) -> Rule:
        finals, changes = dict[str, int](), dict[str, Fraction]()
        for i, one in enumerate(self.asked.decisions):
            for row in self._rows(f"decisions.{i}", one):
                if one.posts is not None:
                    finals[row.unit] = self._steps(f"decisions.{i}", one.posts)
                elif one.change is not None:
                    changes[row.unit] = exact(one.change) / self.step
        return Pinned(finals, changes)

    def _group_rules(self) -> list[Rule]:
        asked, found = self.asked, list[Rule]()
        for i, one in enumerate(asked.totals):
            key = f"totaux.{i}"
            least = self._steps(key, one.least)
            most = None if one.most is None else self._steps(key, one.most)
            if self._rows(key, one) and (most is None or least <= most):
                found.append(GroupTotal(self._where(key, one), least, most))
            elif most is not None and least > most:
                self.issues.append(Issue("table_rule_empty", self.file, cell=key))
        if asked.sites:
            key = "minimum_par_site"
            sites = {self._known(key, "site", site): self._steps(key, n) for site, n in asked.sites.items()}
            found.append(SiteMinimum(sites))
        for need in asked.at_least:
            key = "au_moins_un"
            found.append(AtLeastOneOf(self._profession(key, need.profession), self._steps(key, need.posts)))
        for r in asked.ratios:
            few, many = self._profession("rapports", r.few), self._profession("rapports", r.many)
            found.append(Ratio(few, many, r.at_least, r.per, r.overall))
        if asked.substitutions:
            key = "substitutions"
            limits = {
                (self._profession(key, s.giver), self._profession(key, s.taker)): self._steps(key, s.posts)
                for s in asked.substitutions
            }
            found.append(SubstitutionLimits(limits))
        return found

    def _each(self, key: str, entries: Sequence[PostsOf], of: Callable[[int, int], int]) -> dict[str, int]:
        """Unit → steps, the stricter where several entries hold."""
        found = dict[str, int]()
        for one in entries:
            steps = self._steps(key, one.posts)
            for row in self._rows(key, one):
                found[row.unit] = of(steps, found.get(row.unit, steps))
        return found

    def _rows(self, key: str, which: Which) -> list[NeedRow]:
        """The lines an entry is about; none of them is an issue."""
        before = len(self.issues)
        where = self._where(key, which)
        unit = self._unit(key, which.unit) if isinstance(which, Cells) and which.unit is not None else None
        rows = [row for row in self.table.rows if where.holds(row.cell) and unit in (None, row.unit)]
        if not rows and len(self.issues) == before:
            self.issues.append(Issue("table_rule_reaches_nothing", self.file, cell=key))
        return rows

    def _where(self, key: str, which: Which) -> Where:
        said = {name: getattr(which, name) for name in COORDINATES}
        return Where(**{name: None if word is None else self._known(key, name, word) for name, word in said.items()})

    def _profession(self, key: str, word: str) -> str:
        return self._known(key, "profession", word)

    def _unit(self, key: str, word: str) -> str:
        return self._among(key, word, [row.unit for row in self.table.rows])

    def _known(self, key: str, coordinate: str, word: str) -> str:
        if coordinate != "territory" and coordinate not in self.table.coordinates:
            self.issues.append(Issue("table_rule_needs_column", self.file, cell=key, params={"column": coordinate}))
            return word
        return self._among(key, word, [getattr(row.cell, coordinate) for row in self.table.rows])

    def _among(self, key: str, word: str, known: Sequence[str]) -> str:
        """The name as the table writes it, whatever its case and accents."""
        names: Mapping[str, str] = {normalise(name): name for name in known}
        if (found := names.get(normalise(word))) is not None:
            return found
        meant = did_you_mean(word, list(dict.fromkeys(known)), 60)
        self.issues.append(Issue("table_rule_unknown_name", self.file, cell=key, value=word, suggestion=meant))
        return word

    def _steps(self, key: str, posts: float) -> int:
        steps: Any = exact(posts) / self.step
        if steps.denominator != 1:
            text = {"step": decimal_text(self.step)}
            self.issues.append(Issue("table_between_steps", self.file, cell=key, value=f"{posts:g}", params=text))
        return int(steps)
