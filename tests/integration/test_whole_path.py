"""From a study folder to the report, as a person runs it."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from tests.reference.shared import open_data

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample" / "meurthe-et-moselle"


def workload(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from workload.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    out = tmp_path_factory.mktemp("run") / "rapport"
    done = workload("run", str(SAMPLE), "--out", str(out), "--draws", "300")
    assert done.returncode == 0, done.stderr
    assert "Longwy 30 → 28" in done.stdout
    assert {path.name for path in out.iterdir()} == {"run.json", "rapport.html", "rapport.xlsx"}
    return json.loads((out / "run.json").read_text("utf-8"))


def test_longwy_gives_back_two_posts_and_the_total_is_kept(document: dict) -> None:
    assert document["total_posts_before"] == document["total_posts_after"] == 180
    longwy = next(t for t in document["territories"] if t["id"] == "longwy")
    assert (longwy["posts_current"], longwy["posts_final"]) == (30, 28)
    assert longwy["need_high"] < 29
    assert longwy["kept_in_draws"] >= 0.95
    assert document["proof"]["status"] == "OPTIMAL"
    assert document["objective"] == document["proof"]["bound"]


def test_the_answer_is_that_of_the_truth(document: dict) -> None:
    """The rules applied to the true fair shares give the same posts to Longwy; the estimate is near the truth."""
    truth = json.loads((SAMPLE / "verite.json").read_text("utf-8"))["missions"]
    for mission in document["missions"]:
        fair = truth[mission["id"]]["fair_share"]
        for territory in mission["territories"]:
            assert abs(territory["fair_share"] - fair[territory["name"]]) < 1
    assert fair["Longwy"] < 30


def test_ledgers_add_exactly(document: dict) -> None:
    for mission in document["missions"]:
        change = {
            t["id"]: Fraction(str(t["posts_final"])) - Fraction(str(t["posts_current"])) for t in mission["territories"]
        }
        rows = {t["id"]: [Fraction(row["posts_exact"]) for row in t["ledger"]] for t in mission["territories"]}
        assert all(sum(rows[t]) == change[t] for t in change)
        for across in zip(*rows.values(), strict=True):
            assert sum(across) == 0
        assert sum(change.values()) == 0


def test_true_weights_in_their_intervals(document: dict) -> None:
    truth = json.loads((SAMPLE / "verite.json").read_text("utf-8"))["missions"]
    inside = []
    for mission, of in truth.items():
        for weight in of["weights"]:
            found = next(
                w
                for w in document["weights"]
                if (w["mission"], w["indicator"], w["domain"]) == (mission, weight["indicator"], weight["domain"])
            )
            inside.append(found["low"] <= weight["minutes_per_unit"] <= found["high"])
    assert sum(inside) / len(inside) > 0.8  # one sample; tests/unit/test_calibration.py measures the rate


def test_same_inputs_same_bytes(document: dict, tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        assert workload("run", str(SAMPLE), "--out", str(tmp_path / name), "--draws", "40").returncode == 0
        lines = (tmp_path / name / "run.json").read_text("utf-8").splitlines()
        texts.append([line for line in lines if '"generated_at"' not in line])
    assert texts[0] == texts[1]


def test_nothing_stands_on_fewer_than_five(document: dict) -> None:
    assert document["time_use"]
    assert "agent" not in json.dumps(document["time_use"])
    register = openpyxl.load_workbook(SAMPLE / "postes.xlsx")["Postes"]
    codes = {str(row[8]) for row in register.iter_rows(min_row=5, values_only=True) if row[8]}
    text = json.dumps(document)
    assert len(codes) > 250
    assert not any(code in text for code in codes)


def test_it_runs_again_into_its_own_folder_but_not_over_anything_else(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "chat.jpg").write_bytes(b"x")
    refused = workload("run", str(SAMPLE), "--out", str(tmp_path / "photos"), "--draws", "20")
    assert refused.returncode == 2
    assert "n’est pas un dossier de rapport" in refused.stderr
    for _ in range(2):
        assert workload("run", str(SAMPLE), "--out", str(tmp_path / "r"), "--draws", "20").returncode == 0


@pytest.mark.parametrize("department", ["real-54", "real-03"])
def test_real_indicators(department: str, tmp_path: Path) -> None:
    folder = tmp_path / "etude"
    build = [
        sys.executable,
        "-m",
        "sample.build",
        "--source",
        department,
        "--open-data",
        str(open_data()),
        "--out",
        str(folder),
    ]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    done = workload("run", str(folder), "--out", str(tmp_path / "rapport"), "--draws", "100")
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "rapport" / "run.json").read_text("utf-8"))
    truth = json.loads((folder / "verite.json").read_text("utf-8"))["missions"]
    assert document["total_posts_before"] == document["total_posts_after"]
    for mission in document["missions"]:
        fair = truth[mission["id"]]["fair_share"]
        assert all(abs(t["fair_share"] - fair[t["name"]]) < 1.2 for t in mission["territories"])


def test_the_committed_sample_is_what_its_script_makes(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "sample.build", "--out", str(tmp_path / "made")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    made = {p.relative_to(tmp_path / "made"): p for p in (tmp_path / "made").rglob("*") if p.is_file()}
    kept = {p.relative_to(SAMPLE): p for p in SAMPLE.rglob("*") if p.is_file()}
    assert set(made) == set(kept)
    for name in ("verite.json", "etude.yaml", "contours.geojson"):
        assert made[Path(name)].read_bytes() == kept[Path(name)].read_bytes()


def test_an_installed_wheel_runs(tmp_path: Path) -> None:
    """Not only a checkout: templates, parameters and layouts travel in the wheel."""
    builder = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(builder, cwd=ROOT, check=True, capture_output=True, timeout=120)
    wheel = next(tmp_path.glob("*.whl"))
    site = tmp_path / "site"
    import zipfile

    zipfile.ZipFile(wheel).extractall(site)
    code = "import workload, sys; from workload.cli import main; assert 'site' in workload.__file__; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(SAMPLE), "--out", str(tmp_path / "rapport"), "--draws", "20"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rapport" / "rapport.html").stat().st_size > 50_000
