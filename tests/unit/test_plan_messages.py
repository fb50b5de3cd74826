"""Every code of reasons, robustness and plans has a sentence or a word in both languages."""

import re
import string
from pathlib import Path

import pytest
import yaml

import workload
from workload.allocation.compare import Change
from workload.allocation.methods import Agreement, Reason
from workload.allocation.phasing import Source
from workload.allocation.robustness import Basis, Verdict
from workload.allocation.stability import Support

PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"plan.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}
WORDS = {
    "change": Change, "way_reason": Reason, "way_agreement": Agreement, "support": Support,
    "verdict": Verdict, "basis": Basis, "source": Source,
}  # fmt: skip


@pytest.mark.parametrize("language", SENTENCES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language):
    source = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "allocation").glob("*.py"))
    codes = set(re.findall(r'"(plan_[a-z0-9_]+)"', source))
    codes |= {f"{prefix}_{member}" for prefix, members in WORDS.items() for member in members}
    assert codes == set(SENTENCES[language])


@pytest.mark.parametrize("code", SENTENCES["fr"])
def test_both_languages_say_the_same(code):
    fields = [
        {name for _, name, _, _ in string.Formatter().parse(SENTENCES[lang][code]) if name} for lang in ("fr", "en")
    ]
    assert fields[0] == fields[1]
