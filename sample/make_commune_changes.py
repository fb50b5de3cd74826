"""Makes workload/parameters/communes_changes.csv: which commune code became which, and when, from 1975 to 2025.

    python -m sample.make_commune_changes

Every pair of a change is written, the commune that keeps its code included, so that the table reads both ways:
a merger forward is a split backward. Sources, both in the npm package `@etalab/decoupage-administratif` (data of the
INSEE's Code officiel géographique, Licence Ouverte): its version 0.7.0 carries the history up to 2019-01-01 with dates;
after that, the lists of communes of successive versions are compared, each change dated to the 1 January when it first
shows. Changes of 2020 and 2021 cannot be told apart there and all carry 2020-01-01.
"""

import csv
import json
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

PACKAGE = "@etalab/decoupage-administratif"
HISTORY = "0.7.0"
LISTS = (
    ("0.7.0", "2019-01-01"),
    ("1.1.1", "2020-01-01"),
    ("2.0.0", "2022-01-01"),
    ("3.0.0", "2023-01-01"),
    ("4.1.0", "2024-01-01"),
    ("5.0.0", "2025-01-01"),
)
SINCE = "1975-01-01"
OVERSEAS = ("975", "977", "978", "984", "986", "987", "988", "989")
OUT = Path(__file__).parents[1] / "workload" / "parameters" / "communes_changes.csv"
Pair = tuple[str, str, str]  # date, code before, code after ("" where there is none)


def fetch(version: str, folder: Path) -> Path:
    """Data folder of one version of the package, unpacked."""
    target = folder / version
    target.mkdir()
    subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{version}"], cwd=target, check=True, capture_output=True)
    with tarfile.open(next(target.glob("*.tgz"))) as archive:
        archive.extractall(target, filter="data")
    return target / "package" / "data"


def history_pairs(data: Path) -> Iterator[Pair]:
    """Changes of code in the dated history: each end of a commune, each commune born of another one."""
    entries = json.loads((data / "historique-communes.json").read_text("utf-8"))
    by_id = {entry["id"]: entry for entry in entries}
    for entry in entries:
        if entry["type"] != "COM":
            continue
        after = _place(by_id.get(entry.get("successeur", "")))
        if "dateFin" in entry and after != entry["code"] and (after or entry.get("raisonFin") == "suppression"):
            yield entry["dateFin"], entry["code"], after
        if "dateDebut" in entry:
            before = _place(by_id.get(entry.get("predecesseur", "")))
            if before and before != entry["code"]:
                yield entry["dateDebut"], before, entry["code"]
            elif not before and entry.get("raisonDebut") == "création":
                yield entry["dateDebut"], "", entry["code"]


def _place(entry: dict[str, Any] | None) -> str:
    """Code of the commune where the entry's land lies: its own, or its head commune's."""
    if entry is None:
        return ""
    return str(entry["code"]) if entry["type"] == "COM" else str(entry.get("pole", "")[4:9])


def list_pairs(old: list[dict[str, Any]], new: list[dict[str, Any]], day: str) -> Iterator[Pair]:
    """Changes between two lists of communes, from the delegated communes that each list names."""
    were, are = _current(old), _current(new)
    former = {code: c["code"] for c in new if c["code"] in are for code in c.get("anciensCodes", [])}
    gone = {code: _heads(new).get(code) or former.get(code, "") for code in sorted(were - are)}
    for code, after in gone.items():
        yield day, code, after
    for code in sorted(are - were):
        before = _heads(old).get(code, "")
        if before or code not in gone.values():
            yield day, before, code


def _current(communes: list[dict[str, Any]]) -> set[str]:
    return {c["code"] for c in communes if c["type"] == "commune-actuelle" and not c["code"].startswith(OVERSEAS)}


def _heads(communes: list[dict[str, Any]]) -> dict[str, str]:
    return {c["code"]: c["chefLieu"] for c in communes if c.get("chefLieu") and c["chefLieu"] != c["code"]}


def with_kept(pairs: set[Pair], before: dict[str, set[str]], after: dict[str, set[str]]) -> set[Pair]:
    """The pairs, and P → P for each commune P of a change that exists before and after it."""
    kept = {
        (day, code, code)
        for day, *codes in pairs
        for code in codes
        if code and code in before[day] and code in after[day]
    }
    return pairs | kept


def kind(day: str, before: str, after: str, pairs: set[Pair]) -> str:
    if not after:
        return "suppression"
    if not before:
        return "creation"
    if len({a for d, b, a in pairs if d == day and b == before}) > 1:
        return "scission"
    return "fusion" if len({b for d, b, a in pairs if d == day and a == after}) > 1 else "code"


def in_force(data: Path, days: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Codes in force just before, and on, each day of the dated history."""
    before: dict[str, set[str]] = {day: set() for day in days}
    after: dict[str, set[str]] = {day: set() for day in days}
    for entry in json.loads((data / "historique-communes.json").read_text("utf-8")):
        if entry["type"] != "COM":
            continue
        start, end = entry.get("dateDebut", ""), entry.get("dateFin", "9999")
        for day in days:
            if start < day <= end:
                before[day].add(entry["code"])
            if start <= day < end:
                after[day].add(entry["code"])
    return before, after


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = {version: fetch(version, Path(name)) for version, _ in LISTS}
        lists = {v: json.loads((folders[v] / "communes.json").read_text("utf-8")) for v, _ in LISTS}
        pairs = {pair for pair in history_pairs(folders[HISTORY]) if pair[0] >= SINCE}
        before, after = in_force(folders[HISTORY], {day for day, *_ in pairs})
        for (older, _), (newer, day) in pairwise(LISTS):
            pairs |= set(list_pairs(lists[older], lists[newer], day))
            before[day], after[day] = _current(lists[older]), _current(lists[newer])
        complete = with_kept(pairs, before, after)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "avant", "apres", "nature"])
        by_day = defaultdict(set)
        for pair in complete:
            by_day[pair[0]].add(pair)
        for day, before, after in sorted(complete):
            writer.writerow([day, before, after, kind(day, before, after, by_day[day])])


if __name__ == "__main__":
    main()
