"""Minutes, hours, FTE and posts: the conversions, once each."""

import re
from fractions import Fraction

MINUTES_PER_HOUR = 60
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)


def hours_to_minutes(hours: float) -> float:
    return hours * MINUTES_PER_HOUR


def posts_to_steps(posts: Fraction, step: Fraction) -> Fraction:
    """Posts counted in allocation steps (a half-post step makes 30 posts 60 steps); exact."""
    return posts / step


def steps_to_posts(steps: int | Fraction, step: Fraction) -> Fraction:
    return Fraction(steps) * step


def exact(value: object) -> Fraction:
    """The fraction a person meant: 0.1 typed in a cell is one tenth, not the nearest binary number.

    Raises ValueError on text that is no number and on NaN or infinity.
    """
    if isinstance(value, Fraction | int):
        return Fraction(value)
    text = repr(float(value)) if isinstance(value, float) else re.sub(r"\s", "", str(value)).replace(",", ".")
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"not a finite number: {value!r}")
    return Fraction(text)
