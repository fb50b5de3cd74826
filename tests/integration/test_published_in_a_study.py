"""A file as its producer published it, dropped into a study with its card: read, covered, estimated where declared."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.test_whole_path import SAMPLE, workload
from tests.reference.shared import open_data
from workload.errors import InputError
from workload.ingest.study import read_study
from workload.resources import PARAMETERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    raw = open_data() / "raw" / "rpls_2024.csv"
    copy = tmp_path / "etude"
    shutil.copytree(SAMPLE, copy)
    shutil.copy(raw, copy / "indicateurs" / raw.name)
    shutil.copy(PARAMETERS / "cards" / "rpls_2024.yaml", copy / "indicateurs")
    study = copy / "etude.yaml"
    study.write_text(study.read_text("utf-8").replace("logements_sociaux:", "rpls_logements_sociaux:"), "utf-8")
    return copy


def test_missing_is_not_zero_and_an_estimate_says_so_everywhere(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_study(folder)
    assert {(i.code, i.value) for i in caught.value.issues if i.severity == "error"} >= {
        ("missing_counts", "rpls_logements_sociaux")
    }
    codes = {i.value for i in caught.value.issues if i.code == "missing_counts"}
    study = folder / "etude.yaml"
    declared = "".join(f"  {code}: {{proportionnel_a: habitants}}\n" for code in sorted(codes))
    study.write_text(study.read_text("utf-8") + "donnees_manquantes:\n" + declared, "utf-8")
    done = workload("run", str(folder), "--out", str(tmp_path / "rapport"), "--draws", "40")
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "rapport" / "run.json").read_text("utf-8"))
    weight = next(w for w in document["weights"] if w["indicator"] == "rpls_logements_sociaux")
    assert weight["imputed_n"] == 591 - 192
    assert weight["imputed_relative_error"] > 0
    longwy = next(t for t in document["territories"] if t["id"] == "longwy")
    row = next(r for r in longwy["ledger"] if r["cause"].startswith("rpls_logements_sociaux"))
    assert row["label"].endswith("(en partie estimé)")
    covered = [c for c in document["coverage"] if c["indicator"] == "rpls_logements_sociaux"]
    assert sum(round(c["published"] * c["communes_n"]) for c in covered) == 192
    assert "(en partie estimé)" in (tmp_path / "rapport" / "rapport.html").read_text("utf-8")
