"""dossier.html: one file that needs nothing else, for the screen, the phone and paper."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workload.reporting.dossier.model import DossierView
from workload.reporting.dossier.view import dossier_view
from workload.reporting.dossier.words import FOLDER, entry
from workload.reporting.html import STYLE, css_string
from workload.resources import reports
from workload.store.scenario_sheets import Sheet

TEMPLATE, OWN_STYLE = "dossier.html.j2", "dossier.css"


def write_dossier_html(sheet: Sheet, path: Path, generated: str) -> None:
    """Writes the page; `generated` is the time shown. Same sheet and time, same bytes."""
    path.write_text(html(dossier_view(sheet, generated)), encoding="utf-8", newline="\n")


def html(view: DossierView) -> str:
    environment = Environment(
        loader=FileSystemLoader(reports() / FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"css_string": css_string, "drawn": _drawn}
    styles = (reports() / STYLE, reports() / FOLDER / OWN_STYLE)
    style = Markup("\n".join(path.read_text("utf-8") for path in styles))  # noqa: S704 (our own style sheets)
    return environment.get_template(TEMPLATE).render(v=view, w=entry, style=style) + "\n"


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 (made by matplotlib, text escaped there)
