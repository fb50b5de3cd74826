"""Verifying an evidence file, without database or network: container, contents, signature; then every figure again.

Whatever byte was changed is found by the first three, which know nothing of what the figures mean. The last one does
not trust whoever signed: it computes need, posts and ledger from the basis and compares them with the tables.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from workload.reporting.evidence_file.comparing import compare_tables
from workload.reporting.evidence_file.container import ContainerError, read_container
from workload.reporting.evidence_file.csv_tables import read_csv
from workload.reporting.evidence_file.differences import Difference
from workload.reporting.evidence_file.members import BASIS, MANIFEST, plain_json
from workload.reporting.evidence_file.signing import fingerprint_of, same_fingerprint, signed
from workload.reporting.evidence_file.writing import ALGORITHM, FORMAT, KIND

KEPT_BYTES_MOST = 64 << 20
"""Of all members that are read and not only summed; ours hold four million in all."""
COMPARED = tuple(
    f"tables/{name}.csv"
    for name in ("scenario_mission", "allocation", "ledger", "need_component", "weight", "indicator", "indicator_value")
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; its sentence stands under `code` in the catalogue."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """findings: what was altered, in the order found; differences: figures that do not come out as stated."""

    head: Mapping[str, Any]  # title, scenario, run, day, as the manifest states them; nothing where it cannot be read
    fingerprint: str  # of the key that signed, "" where it cannot be read
    expected: str  # the fingerprint the reader gave, ""
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    compared_n: int  # figures computed again and compared

    @property
    def identical(self) -> bool:
        return not self.findings and not self.differences and self.compared_n > 0


def verify_evidence(path: Path, fingerprint: str = "") -> Verification:
    """What stands in the way of "identical". Never raises for what the file holds; OSError where it cannot be read."""
    reading = _Reading()
    findings = []
    try:
        read_container(path, reading.take)
    except ContainerError as error:
        shown = error.name or "–"
        findings.append(Finding(error.code, {"at": str(error.at), "name": shown}))
    manifest = _manifest(reading.kept.get(MANIFEST, b""))
    if manifest is None:
        findings += [Finding("evidence_no_manifest")] if not findings else []
        return Verification({}, "", fingerprint, tuple(findings), (), 0)
    findings += _contents(manifest, reading)
    findings += _signature(manifest, reading.kept[MANIFEST], fingerprint)
    differences, compared = _recounted(reading)
    findings += compared if isinstance(compared, list) else []
    head = {name: manifest.get(name) for name in ("title", "scenario", "run_id", "published_at", "status", "simulated")}
    key = _key(manifest)
    return Verification(
        head,
        fingerprint_of(key) if key else "",
        fingerprint,
        tuple(findings),
        differences,
        compared if isinstance(compared, int) else 0,
    )


class _Reading:
    """Sums of every member, and the content of those that are read."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[int, str]] = {}
        self.order: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.room = KEPT_BYTES_MOST

    def take(self, name: str, pieces: Iterator[bytes]) -> None:
        digest, size, kept = sha256(), 0, bytearray()
        wanted = name in (MANIFEST, BASIS, *COMPARED)
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if wanted and size <= self.room:
                kept += piece
        self.sums[name] = size, digest.hexdigest()
        self.order.append(name)
        if wanted and size <= self.room:
            self.kept[name] = bytes(kept)
            self.room -= size


def _manifest(content: bytes) -> dict[str, Any] | None:
    """None where it is none of ours."""
    try:
        found = json.loads(content)
        if found["kind"] != KIND or found["format"] != FORMAT or found["algorithm"] != ALGORITHM:
            return None
        rows = [(str(row["name"]), int(row["bytes"]), str(row["sha256"])) for row in found["members"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if rows and isinstance(found, dict) else None


def _contents(manifest: Mapping[str, Any], reading: _Reading) -> Iterator[Finding]:
    stated = {row["name"]: (row["bytes"], row["sha256"]) for row in manifest["members"]}
    for name, sums in stated.items():
        if name not in reading.sums:
            yield Finding("evidence_missing", {"name": name})
        elif reading.sums[name] != sums:
            yield Finding("evidence_changed", {"name": name})
    for name in reading.order:
        if name not in stated and name != MANIFEST:
            yield Finding("evidence_added", {"name": name})
    if set(stated) == set(reading.order) - {MANIFEST} and [MANIFEST, *stated] != reading.order:
        yield Finding("evidence_order")


def _signature(manifest: Mapping[str, Any], content: bytes, expected: str) -> Iterator[Finding]:
    key = _key(manifest)
    document = {name: of for name, of in manifest.items() if name != "signature"}
    try:
        signature = bytes.fromhex(manifest["signature"])
        # The manifest as we write it: a space more or a repeated name would be another file under the same signature.
        as_written = plain_json(manifest) == content
        good = key is not None and signed(key, signature, plain_json(document))
    except (KeyError, TypeError, ValueError, RecursionError):
        good = as_written = False
    if key is None or not good or not as_written:
        yield Finding("evidence_signature")
    if key is not None and manifest.get("fingerprint") != fingerprint_of(key):
        yield Finding("evidence_signature")
    if expected and (key is None or not same_fingerprint(expected, fingerprint_of(key))):
        yield Finding("evidence_other_key", {"found": fingerprint_of(key) if key else "–", "expected": expected})


def _key(manifest: Mapping[str, Any]) -> bytes | None:
    try:
        key = bytes.fromhex(manifest["public_key"])
    except (KeyError, TypeError, ValueError):
        return None
    return key if len(key) == 32 else None


def _recounted(reading: _Reading) -> tuple[tuple[Difference, ...], int | list[Finding]]:
    """Differences, and how many figures were compared; or why none could be."""
    missing = [name for name in (BASIS, *COMPARED) if name not in reading.kept]
    if missing:
        return (), [Finding("evidence_not_recounted", {"name": missing[0]})]
    tables = {}
    for name in COMPARED:
        try:
            tables[name] = read_csv(reading.kept[name])
        except ValueError:
            return (), [Finding("evidence_not_recounted", {"name": name})]
    try:
        basis = json.loads(reading.kept[BASIS])
        if not isinstance(basis, dict) or not basis:
            raise ValueError("no basis")
    except (ValueError, RecursionError):
        return (), [Finding("evidence_not_recounted", {"name": BASIS})]
    differences, n = compare_tables(basis, tables)
    return tuple(differences), n
