"""No crash, no partial import, no hang; and one spoilt cell is named. A thousand here, all ten thousand in `make fuzz`."""

import os
import time
from pathlib import Path

import pytest

from tests.fuzz.mutations import Corpus, Mutant
from tests.unit.survey_files import context
from workload.catalogue import issue_line
from workload.ingest.checking import CheckContext, FileCheck, check_file
from workload.ingest.folding import fold
from workload.ingest.marked_copy import mark_file

MUTANTS = int(os.environ.get("FUZZ_MUTANTS", "1000"))
CHUNKS = 20
LONGEST_S = 10


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


def judge(mutant: Mutant, seed: int, folder: Path, against: CheckContext) -> FileCheck:
    path = folder / f"{seed}-{mutant.name}"
    path.write_bytes(mutant.content)
    start = time.monotonic()
    found = check_file(path, against)
    assert time.monotonic() - start < LONGEST_S, (seed, mutant.name)
    for language in ("fr", "en"):
        for issue in fold(found.issues):
            assert issue_line(issue, language), (seed, issue)
    if not found.importable and seed % 7 == 0:
        mark_file(path, folder / "marked", found.issues)
    path.unlink()
    return found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_mutants(chunk: int, corpus: Corpus, tmp_path: Path) -> None:
    against = CheckContext(None, context())
    taken = refused = named = 0
    for seed in range(chunk, MUTANTS, CHUNKS):
        mutant = corpus.mutant(seed)
        found = judge(mutant, seed, tmp_path, against)
        if found.importable:
            taken += 1
            assert found.kind != "survey" or all(minutes >= 0 for s in found.sheets for minutes in s.minutes.values())
        else:
            refused += 1
            assert all(issue.code and issue.file for issue in found.issues)
        if mutant.spoilt_cell:
            cells = {issue.cell for issue in found.issues}
            assert mutant.spoilt_cell in cells, (seed, mutant.name, mutant.spoilt_cell, cells)
            assert not found.importable, seed
            named += 1
    assert refused > taken
    assert named
