"""Figures as people write them, made exact, and back again for messages and files."""

from fractions import Fraction

from workload.errors import RequestError
from workload.units import exact, posts_to_steps

STEPS = (Fraction(1), Fraction(1, 2), Fraction(1, 10))  # posts per step: whole, half, tenth of a post


def require_step(step: Fraction) -> Fraction:
    """The step itself when posts may be shared out in it, else RequestError."""
    if step not in STEPS:
        raise RequestError("allocation_step", step=decimal_text(step))
    return step


def whole_steps(posts: Fraction, step: Fraction, code: str) -> int:
    """Posts as a whole number of steps, or RequestError(code): half a post cannot be shared out in whole ones."""
    steps = posts_to_steps(posts, step)
    if steps.denominator != 1:
        raise RequestError(code, posts=decimal_text(posts), step=decimal_text(step))
    return int(steps)


def decimal_text(value: Fraction | int, places: int = 15) -> str:
    """A number for a message or a file: rounded to so many places, never a float, no idle zeros: 12, -0.5."""
    digits = round(Fraction(value) * 10**places)
    whole, rest = divmod(abs(digits), 10**places)
    figure = f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".")
    return f"-{figure}" if digits < 0 else figure


def exact_number(value: object, what: str) -> Fraction:
    """The fraction that was meant, or RequestError naming `what` it should have been."""
    try:
        # numpy's float64 is a float whose repr is no number; float() gives the plain one.
        return exact(float(value) if isinstance(value, float) else value)
    except (ValueError, ZeroDivisionError) as error:
        raise RequestError("allocation_not_a_number", what=what, value=value) from error
