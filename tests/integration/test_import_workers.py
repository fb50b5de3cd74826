"""Many files in a few processes: in order, few waiting, and a file that kills its reader lost alone."""

import os
import re
import string
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import workload
from workload.store.importing.workers import AHEAD, CHUNK, MOST_PROCESSES, each

pytestmark = pytest.mark.integration
PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"importing.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}


def square(number: int) -> int:
    if number in (13, 14, 18, 40):
        os._exit(9)  # as a parser that runs out of memory does
    if number == 21:
        raise ValueError
    return number * number


def lost(number: int) -> int:
    return -number


def expected(numbers: range) -> list[int]:
    return [-n if n in (13, 14, 18, 21, 40) else n * n for n in numbers]


def test_what_kills_its_reader_is_lost_alone():
    assert list(each(square, range(60), lost)) == expected(range(60))


def test_the_same_where_forking_is_not_safe():
    stop = threading.Event()
    beside = threading.Thread(target=stop.wait)
    beside.start()
    try:
        assert list(each(square, range(16, 22), lost)) == expected(range(16, 22))
    finally:
        stop.set()
        beside.join()


def test_nothing_to_do():
    assert list(each(square, [], lost)) == []


def touch(path: Path) -> Path:
    path.touch()
    return path


def test_readers_do_not_run_far_ahead(tmp_path: Path):
    """Memory stays flat: what nobody takes is not read."""
    paths = [tmp_path / f"{n:03d}" for n in range(400)]
    results: Iterator[Path] = each(touch, paths, lambda path: path)
    next(results)
    threading.Event().wait(0.5)
    assert len(list(tmp_path.iterdir())) <= MOST_PROCESSES * AHEAD * CHUNK < 200
    assert list(results) == paths[1:]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_code_has_a_sentence_in_both_languages():
    source = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "store" / "importing").glob("*.py"))
    codes = set(re.findall(r'"(import_(?!file)[a-z0-9_]+)"', source)) - {"import_history"}
    assert codes <= set(SENTENCES["fr"])
    assert SENTENCES["fr"].keys() == SENTENCES["en"].keys()
    for code, sentence in SENTENCES["fr"].items():
        assert placeholders(sentence) == placeholders(SENTENCES["en"][code])
