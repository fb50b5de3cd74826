"""Items as people wrote them → items of the taxonomy: by code, by label, or by a mapping made once for the campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workload.errors import InputError, Issue
from workload.ingest.grid import address, read_workbook
from workload.ingest.tables import did_you_mean
from workload.ingest.values import clean_text, normalise, parse_number
from workload.parameters import Taxonomy

MAPPING_FILE = "correspondances.csv"
PART_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True)
class ItemMap:
    """What an item's code or label stands for: items of the taxonomy with shares that add to 1."""

    taxonomy: Taxonomy
    known: Mapping[str, tuple[tuple[str, float], ...]]  # normalised code, label or mapped text → (code, share)
    shown: Mapping[str, str] = field(default_factory=dict)  # "A1 Label" → code, for suggestions

    @classmethod
    def of(cls, taxonomy: Taxonomy, mappings: Mapping[str, tuple[tuple[str, float], ...]] | None = None) -> "ItemMap":
        own = {normalise(name): ((item.code, 1.0),) for item in taxonomy.items for name in (item.code, item.label)}
        return cls(taxonomy, {**own, **(mappings or {})}, {f"{i.code} {i.label}": i.code for i in taxonomy.items})

    def find(self, code: str, label: str) -> tuple[tuple[str, float], ...] | None:
        """The code decides when there is one: a wrong code beside a good label is a spoilt cell, not a detail."""
        return self.known.get(normalise(code or label))

    def suggest(self, code: str, label: str) -> str:
        return did_you_mean(f"{code} {label}".strip(), list(self.shown), 60)


def read_mappings(
    folder: Path, taxonomy: Taxonomy, file: str = MAPPING_FILE
) -> dict[str, tuple[tuple[str, float], ...]]:
    """`correspondances.csv`: intitule;code;part — or intitule;mode;domaine;part. One text may go to several items.

    Raises InputError with the cell of every unknown item and of every text whose shares do not add to 1.
    """
    path = folder / MAPPING_FILE
    if not path.is_file():
        return {}
    sheet = read_workbook(path, file).sheets[0]
    head = {normalise(v): c for c, v in enumerate(sheet.rows[0] if sheet.rows else [], start=1)}
    issues = []
    if "intitule" not in head or not ("code" in head or {"mode", "domaine"} <= set(head)):
        raise InputError(
            [Issue("missing_heading", file, cell="1:1", params={"heading": "intitule, code (ou mode, domaine), part"})]
        )
    by_place = {(item.mode, item.domain): item.code for item in reversed(taxonomy.items)}
    found: dict[str, list[tuple[str, float]]] = {}
    rows: dict[str, int] = {}
    for number in range(2, len(sheet.rows) + 1):
        text = {name: clean_text(sheet.value(number, column)) for name, column in head.items()}
        if not any(text.values()):
            continue
        code = text.get("code") or by_place.get((text.get("mode", ""), text.get("domaine", "")), "")
        if taxonomy.item(code) is None:
            where = address(number, head.get("code", head.get("domaine", 1)))
            choices = [item.code for item in taxonomy.items]
            issues.append(Issue("unknown_item", file, cell=where, value=code, suggestion=did_you_mean(code, choices)))
            continue
        try:
            share = parse_number(text.get("part") or 1)
        except ValueError:
            issues.append(
                Issue(
                    "share_expected",
                    file,
                    cell=address(number, head["part"]),
                    value=text["part"],
                    params={"heading": "part"},
                )
            )
            continue
        key = normalise(text["intitule"])
        found.setdefault(key, []).append((code, share))
        rows[key] = number
    for key, parts in found.items():
        total = sum(share for _, share in parts)
        if abs(total - 1) > PART_TOLERANCE:
            shown = f"{total:g}".replace(".", ",")
            issues.append(Issue("mapping_total", file, cell=f"{rows[key]}:{rows[key]}", value=shown))
    if issues:
        raise InputError(issues)
    return {key: tuple(parts) for key, parts in found.items()}
