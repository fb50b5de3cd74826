"""Every sentence of the pages has its English; the English has no sentence that nothing says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

import workload.web
from workload.web.pages.tableaux import DASHBOARDS
from workload.web.reading import STATES
from workload.web.rendering import environment
from workload.web.words import english, translated

WEB = Path(workload.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
NATURES = ("externe", "interne")
NAMED = {
    "scenario.state": STATES.values(),
    "one.state": STATES.values(),
    "row.nature": NATURES,
    "indicator.described.nature": NATURES,
    "key[3]": NATURES,
    "name": [name for _, name, _ in DASHBOARDS],
    "said": [said for _, _, said in DASHBOARDS],
}
"""What templates name instead of writing it: all that it may hold."""


def in_templates() -> Iterator[tuple[str, str]]:
    """Whatever `_(…)` may be given: a sentence, either of two, the values of a dictionary, a name known below."""
    for path in TEMPLATES:
        for call in environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                yield from ((path.name, sentence) for sentence in _said(call.args[0]))


def _said(given: nodes.Expr) -> list[str]:
    match given:
        case nodes.Const():
            return [str(given.value)]
        case nodes.CondExpr():
            return [*_said(given.expr1), *(_said(given.expr2) if given.expr2 else [])]
        case nodes.Getitem(node=nodes.Dict() as choices):
            return [sentence for pair in choices.items for sentence in _said(pair.value)]
    return list(NAMED[_written(given)])  # KeyError: say here what the name may hold


def _written(given: nodes.Node) -> str:
    match given:
        case nodes.Name():
            return given.name
        case nodes.Getattr():
            return f"{_written(given.node)}.{given.attr}"
        case nodes.Getitem(arg=nodes.Const()):
            return f"{_written(given.node)}[{given.arg.value}]"
        case nodes.Call():
            return f"{_written(given.node)}()"
    return type(given).__name__


def in_modules() -> Iterator[tuple[str, str]]:
    """What `say(request, …)` is given: a sentence, or a name that the module gives one."""
    for path in sorted(WEB.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and len(node.args) > 1:
                given = node.args[1]
                given = constants.get(given.id, given) if isinstance(given, ast.Name) else given
                if isinstance(given, ast.Constant):
                    yield path.name, str(given.value)
    from workload.web.refusals import WORDS

    yield from (("refusals.py", sentence) for pair in WORDS.values() for sentence in pair)


@pytest.mark.parametrize("said", [in_templates, in_modules])
def test_every_sentence_has_its_english(said):
    missing = sorted({f"{where}: {sentence}" for where, sentence in said() if sentence not in english()})
    assert not missing, "\n".join(missing)


def test_both_languages_have_the_same_blanks():
    for french, other in english().items():
        blanks = re.findall(r"\{(\w+)\}", french)
        assert sorted(blanks) == sorted(re.findall(r"\{(\w+)\}", other)), french


def test_a_sentence_is_filled_in_either_language():
    assert translated("fr", "Bonjour {name}", name="Ana") == "Bonjour Ana"
    assert translated("en", "Bonjour {name}", name="Ana") == "Hello Ana"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_to_the_content_policy(path: Path):
    """No script, style or address that the policy would refuse, and a token in every form that is posted."""
    content = path.read_text("utf-8")
    environment().parse(content)
    assert not re.search(r"\sstyle\s*=|\son\w+\s*=\s*[\"']|<style|javascript:", content)
    assert not re.search(r"<script(?![^>]*\bsrc=)", content)
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", content)
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", content, re.DOTALL)
    assert all('name="csrf"' in form for form in forms), path.name
