"""The sheet of the demonstration study, and evidence files made of it; no database."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.integration.published_study import STAMP, Computed, computed
from workload.pipeline import MissionResult
from workload.recount import Closed, basis_of
from workload.reporting.evidence_file import Signer
from workload.reporting.evidence_file.container import read_container, write_container
from workload.reporting.evidence_file.members import MANIFEST, OF_THE_STUDY, head_of
from workload.reporting.evidence_file.writing import signed_manifest
from workload.store.publish import _complete
from workload.store.publishing.scenario_rows import Openness, scenario_tables
from workload.store.runs import run_id
from workload.store.scenario_sheets import OF_THE_RUN, Sheet, _plain

BIG = ("need_commune", "other_way", "counterfactual", "plan")
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(sha256(b"tests of evidence").digest()))
OTHER = Signer(Ed25519PrivateKey.from_private_bytes(sha256(b"somebody else").digest()))


def sheet_of(closed: Closed | None = None, of: Computed | None = None) -> Sheet:
    """The sheet as publication writes it, `closed` taking the place of disclosure control, which takes a minute."""
    base, hidden = of or computed(), closed or {}

    def may(mission: MissionResult, *_: object) -> Openness:
        domains = frozenset(component.domain for component in mission.need.components)
        own = hidden.get(mission.id, {})
        return Openness(domains, False, {t: own.get(t, frozenset()) for t in mission.need.territories})

    with patch("workload.store.publishing.scenario_rows.openness", may):
        said = scenario_tables(base.result, base.document, (), ())
    settings, run = base.result.study.settings, run_id(base.document)
    head = {"study_id": "etude", "study": settings.title, "scenario_id": "etude/base", "scenario": "De base"}
    head["scenario_status"] = "published"
    about = {"description": "", "day": settings.day, "simulated": settings.simulated, "notice": settings.notice.strip()}
    about |= {"run_id": run, "published_at": STAMP, "fairness": settings.fairness, "step_posts": settings.step}
    about |= {"draws_n": base.result.draws_n, "seed": base.result.seed}
    tables = {"scenario": [about | head]} | {n: list(_complete(rows, base.result, head)) for n, rows in said.items()}
    study = {"title": settings.title, "department": settings.department, "day": settings.day}
    study |= {"main_mission": base.result.main.id, "places": [], **{n: base.document[n] for n in OF_THE_RUN}}
    whole = {"tables": tables, "study": study, "basis": basis_of(base.result, hidden)}
    plain = json.loads(json.dumps(whole, default=_plain, allow_nan=False))
    return Sheet("etude/base", "published", run, plain["tables"], plain["study"], plain["basis"])


@cache
def sheet_and_tables() -> tuple[Sheet, dict[str, Any]]:
    """With the indicators of the territories, as schema `published` shows them, and its other tables empty."""
    sheet = sheet_of()
    known = {c["indicator"]: c for of in sheet.basis.values() for c in of["components"]}
    common = {"study_id": "etude", "study": "", "scenario_status": "published", "year": 2003}
    indicators = [common | {"indicator_id": id, "indicator": c["label"], "simulated": True} for id, c in known.items()]
    values = [
        common
        | {"level": "territoire", "place_id": t["id"], "place": t["name"], "indicator_id": c["indicator"], "value": n}
        for of in sheet.basis.values()
        for t, row in zip(of["territories"], of["units"], strict=True)
        for c, n in zip(of["components"], row, strict=True)
    ]
    return sheet, {n: [] for n in OF_THE_STUDY} | {"indicator": indicators, "indicator_value": values}


def smaller(sheet: Sheet) -> Sheet:
    """Without the long tables, which nothing is computed from: a file to be altered thousands of times."""
    return replace(sheet, tables={name: rows for name, rows in sheet.tables.items() if name not in BIG})


def members_in(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    read_container(path, lambda name, pieces: found.__setitem__(name, b"".join(pieces)))
    return found


def signed_again(path: Path, sheet: Sheet, edit: Callable[[dict[str, bytes]], None], signer: Signer = SIGNER) -> None:
    """The file as somebody who holds a key would make it after an edit: nothing but the figures can tell."""
    members = members_in(path)
    del members[MANIFEST]
    edit(members)
    manifest = signed_manifest(head_of(sheet), members, signer)
    with path.open("wb") as file:
        write_container({MANIFEST: manifest, **members}, file)


def json_edit(members: dict[str, bytes], name: str, edit: Callable[[Mapping[str, Any]], None]) -> None:
    document = json.loads(members[name])
    edit(document)
    members[name] = json.dumps(document, ensure_ascii=False).encode()
