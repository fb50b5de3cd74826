"""Minutes, hours, FTE and posts: the conversions, once each."""

from fractions import Fraction

MINUTES_PER_HOUR = 60


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
    if isinstance(value, Fraction):
        return value
    if isinstance(value, float):
        return Fraction(repr(value)) if value == value and abs(value) != float("inf") else _refuse(value)
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(str(value).strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", "."))


def _refuse(value: object) -> Fraction:
    raise ValueError(f"not a finite number: {value!r}")
