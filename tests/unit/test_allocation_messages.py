"""Every code the allocation can raise has a sentence in both languages, with the same placeholders."""

import re
import string
from pathlib import Path

import pytest
import yaml

import workload

PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"allocation.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}


def codes_in_source():
    source = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "allocation").glob("*.py"))
    return set(re.findall(r'"((?:allocation|table)_[a-z0-9_]+)"', source))


def placeholders(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", SENTENCES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language):
    contradictions = {code for code in SENTENCES[language] if "_against_" in code}  # composed from rule names
    assert codes_in_source() | contradictions == set(SENTENCES[language])
    assert len(contradictions) == 4


@pytest.mark.parametrize("code", SENTENCES["fr"])
def test_both_languages_say_the_same(code):
    assert placeholders(SENTENCES["fr"][code]) == placeholders(SENTENCES["en"][code])
