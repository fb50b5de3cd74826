"""Every code the store can raise has a sentence in both languages, with the same placeholders."""

import re
import string
from pathlib import Path

import pytest
import yaml

import workload

PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"store.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", SENTENCES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language: str):
    source = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "store").glob("*.py"))
    assert set(re.findall(r'"(store_[a-z0-9_]+)"', source)) == set(SENTENCES[language])


@pytest.mark.parametrize("code", SENTENCES["fr"])
def test_both_languages_say_the_same(code: str):
    assert placeholders(SENTENCES["fr"][code]) == placeholders(SENTENCES["en"][code])
