"""Every code the allocation can raise has a sentence in both languages, with the same placeholders."""

import re
import string
from pathlib import Path

import pytest
import yaml

import workload
from workload.allocation.rules import CONTRADICTIONS
from workload.catalogue import text

PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"allocation.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}


def source():
    return "\n".join(path.read_text("utf-8") for path in (PACKAGE / "allocation").glob("*.py"))


def codes_in_source():
    return set(re.findall(r'"((?:allocation|table)_[a-z0-9_]+)"', source()))


def placeholders(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", SENTENCES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language):
    contradictions = {f"allocation_{floor}_against_{ceiling}" for floor, ceiling in CONTRADICTIONS}
    rules = {code for code in SENTENCES[language] if code.startswith("rule_")}
    assert codes_in_source() | contradictions | rules == set(SENTENCES[language])


@pytest.mark.parametrize("language", SENTENCES)
def test_every_rule_has_a_name_people_read(language):
    names = re.findall(r'name: ClassVar\[str\] = "([a-z_]+)"', source())
    assert len(names) == len(set(names)) >= 12
    for name in names:
        assert text(f"rule_{name}", language)


@pytest.mark.parametrize("code", SENTENCES["fr"])
def test_both_languages_say_the_same(code):
    assert placeholders(SENTENCES["fr"][code]) == placeholders(SENTENCES["en"][code])
