"""What many tests start from: the demonstration study, run once."""

from pathlib import Path

import pytest

from workload.ingest.study import read_study
from workload.pipeline import RunResult, run

SAMPLE = Path(__file__).parent.parent / "sample" / "meurthe-et-moselle"


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    return SAMPLE


@pytest.fixture(scope="session")
def sample_result(sample_folder: Path) -> RunResult:
    return run(read_study(sample_folder), draws_n=60)
