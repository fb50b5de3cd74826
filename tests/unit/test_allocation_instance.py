from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from workload.allocation.instance import Fairness, Instance, decimal_text, to_instance
from workload.errors import ExitCode, RequestError


def test_need_and_posts_become_integers_without_rounding():
    instance = to_instance(["a", "b", "c"], [0.1, Decimal("0.25"), Fraction(1, 3)], "2,5", current=[1, 0.75, "0,5"])
    assert instance.need == (6, 15, 20)  # sixtieths
    assert instance.total_steps == 5
    assert instance.current == (2, Fraction(3, 2), 1)
    assert all(type(n) is int for n in instance.need)
    assert instance.quotas == (Fraction(30, 41), Fraction(75, 41), Fraction(100, 41))
    assert instance.fair_shares == tuple(q / 2 for q in instance.quotas)


def test_numpy_floats_are_read_as_the_decimals_they_show():
    assert to_instance(["a", "b"], np.array([0.1, 0.2]), 1).need == (1, 2)


def test_numpy_integers_cannot_overflow_and_floats_cannot_enter():
    instance = Instance(("a", "b"), tuple(np.array([10**12, 3])), None, np.int64(5), Fraction(1))
    assert all(type(n) is int for n in (*instance.need, instance.total_steps))
    with pytest.raises(TypeError):
        Instance(("a",), (1.5,), None, 1, Fraction(1))


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("allocation_no_units", {"units": [], "need": []}),
        ("allocation_lengths_differ", {"need": [1]}),
        ("allocation_lengths_differ", {"current": [1]}),
        ("allocation_duplicate_unit", {"units": ["a", "a"]}),
        ("allocation_negative_need", {"need": [1, -1]}),
        ("allocation_negative_current", {"current": [1, -1]}),
        ("allocation_no_need", {"need": [0, 0]}),
        ("allocation_not_a_number", {"need": [1, float("nan")]}),
        ("allocation_not_a_number", {"need": [1, float("inf")]}),
        ("allocation_not_a_number", {"need": [1, "many"]}),
        ("allocation_not_a_number", {"need": [1, "1/0"]}),
        ("allocation_not_a_number", {"total": "NaN"}),
        ("allocation_not_a_number", {"current": [1, None]}),
        ("allocation_negative_total", {"total": -1}),
        ("allocation_total_step", {"total": "2.25"}),
        ("allocation_total_step", {"total": "2.5", "step": 1}),
        ("allocation_step", {"step": 0}),
        ("allocation_step", {"step": "0.3"}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(code, arguments):
    with pytest.raises(RequestError) as caught:
        to_instance(**({"units": ["a", "b"], "need": [1, 2], "total": 3} | arguments))
    assert caught.value.code == code
    assert caught.value.exit_code == ExitCode.INPUT


def test_no_posts_at_all_is_a_question():
    assert to_instance(["a"], [1], 0, fairness=Fairness.GEOMETRIC).total_steps == 0


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12, "12"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-5, 4), "-1.25"),
        (0, "0"),
        (100, "100"),
        (Fraction(-1, 10**9), "0"),
    ],
)
def test_decimal_text_has_no_idle_zeros(number, text):
    assert decimal_text(number, 6) == text
