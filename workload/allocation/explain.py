"""Rules that cannot all hold, in sentences: what would have to give, and what allocation that would bring."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from workload.allocation.instance import Instance, decimal_text
from workload.allocation.relax import Answer, solve_or_relax
from workload.allocation.solver import Allocation, solve
from workload.errors import NoSolutionError

UNITS_LISTED_AT_MOST = 60
Sentence = tuple[str, dict[str, str]]  # catalogue code, its parameters


class RulesConflictError(NoSolutionError):
    """The rules cannot all hold: which contradict each other, then line by line what would have to give."""

    def __init__(self, reason: Sentence, sentences: Sequence[Sentence]) -> None:
        code, params = reason
        super().__init__(code, **params)
        self.sentences = tuple(sentences)


def solve_or_explain(
    instance: Instance,
    names: Mapping[str, str] | None = None,
    about: str = "",
    *,
    time_limit_s: float | None = None,
) -> Allocation:
    """The optimum under the rules as they are; when they cannot all hold, an error that says what would make them.

    Args:
        instance: the question.
        names: unit → how people call it, where that differs.
        about: what the question is about, a mission; "" when there is only one.
        time_limit_s: see `solver.solve`.

    Raises:
        RulesConflictError: the rules cannot all hold.
        NoSolutionError: no allocation was found in time.
    """
    try:
        return solve(instance, time_limit_s=time_limit_s)
    except NoSolutionError as error:
        if error.code == "allocation_no_answer_in_time":
            raise
        sentences = [("allocation_relax_about", {"about": about})] if about else []
        sentences += _remedies(instance, time_limit_s)
        called = names or {}
        raise RulesConflictError(
            _called(_with_both_rules(instance, error), called), [_called(s, called) for s in sentences]
        ) from None


def _with_both_rules(instance: Instance, error: NoSolutionError) -> Sentence:
    """The contradiction at a unit, with the rule that sets the ceiling as well."""
    if error.code != "allocation_rule_contradicted":
        return error.code, error.params
    t = instance.units.index(error.params["unit"])
    ceilings = [(top, rule.name) for rule in instance.rules if (top := rule.bounds(instance)[t].hi) is not None]
    return "allocation_rules_contradict", error.params | {"rule_ceiling": min(ceilings)[1]}


def _remedies(instance: Instance, time_limit_s: float | None) -> Iterator[Sentence]:
    """The least relaxation, what each rule alone would have to give, and the allocation under the first."""
    try:
        answer = solve_or_relax(instance, time_limit_s=time_limit_s)
    except NoSolutionError:
        yield "allocation_relax_none", {}
        return
    total = sum((given.gives for given in answer.relaxations), Fraction(0))
    yield "allocation_relax_least", {"posts": decimal_text(total)}
    yield from ((given.code, given.params) for given in answer.relaxations)
    yield "allocation_relax_alone", {}
    for rule, posts in answer.alone.items():
        if posts is not None:
            yield "allocation_relax_alone_gives", {"rule": rule, "posts": decimal_text(posts)}
    if None in answer.alone.values():
        yield "allocation_relax_alone_cannot", {}
    yield "allocation_relax_result", {}
    yield from _posts(answer)


def _posts(answer: Answer) -> Iterator[Sentence]:
    instance, listed = answer.instance, list(enumerate(answer.allocation.steps))
    current = instance.current
    if current is not None and len(listed) > UNITS_LISTED_AT_MOST:
        listed = [(t, x) for t, x in listed if x != current[t]]
    for t, x in listed[:UNITS_LISTED_AT_MOST]:
        posts = {"unit": instance.units[t], "posts": decimal_text(x * instance.step)}
        if current is None:
            yield "allocation_relax_unit", posts
        else:
            yield "allocation_relax_unit_from", posts | {"current": decimal_text(current[t] * instance.step)}
    if len(listed) > UNITS_LISTED_AT_MOST:
        yield "allocation_relax_more", {"n": str(len(listed) - UNITS_LISTED_AT_MOST)}


def _called(sentence: Sentence, names: Mapping[str, str]) -> Sentence:
    """Ids of units become their names, also inside lists of them."""
    code, params = sentence
    if not names:
        return sentence
    ids = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)")
    return code, {
        key: value if key.startswith("rule") else ids.sub(lambda found: names[found[0]], value)
        for key, value in params.items()
    }
