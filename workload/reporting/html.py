"""rapport.html: one file that needs nothing else, for the screen and for paper."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workload.pipeline import RunResult
from workload.reporting.view import report_view
from workload.reporting.wording import entry, words
from workload.resources import reports

TEMPLATE, STYLE = "rapport.html.j2", "style.css"


def write_html(result: RunResult, path: Path, generated: str) -> None:
    """Writes the report; `generated` is the time shown. Apart from it, same result, same bytes."""
    path.write_text(html(result, generated), encoding="utf-8", newline="\n")


def html(result: RunResult, generated: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(reports()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_string"] = css_string
    view = report_view(result, generated)
    style = Markup((reports() / STYLE).read_text("utf-8"))  # noqa: S704 (our own style sheet)
    return environment.get_template(TEMPLATE).render(**view, w=entry, say=words, style=style) + "\n"


def css_string(text: str) -> Markup:
    """Text as a CSS string that ends neither the string nor the style element: all but letters and digits escaped."""
    escaped = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text)
    return Markup(f'"{escaped}"')  # noqa: S704 (nothing but letters, digits and CSS escapes)
