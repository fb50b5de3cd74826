"""The figures of the reports, drawn on the server, in a page: SVG whose looks are attributes, since pages allow no
inline style."""

import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from workload.catalogue import number, posts_text, signed
from workload.reporting.dossier.outlines import outlines_of
from workload.reporting.figures import Bar, Place, map_figure, steps_figure
from workload.store.scenario_sheets import Row, Sheet

_STYLE = re.compile(r'\sstyle="([^"]*)"')
_ATTRIBUTES = re.compile(
    r"(fill|stroke|stroke-width|stroke-opacity|stroke-linecap|stroke-linejoin|stroke-dasharray|stroke-dashoffset"
    r"|stroke-miterlimit|fill-opacity|fill-rule|opacity|clip-path|text-anchor|font-size|font-weight|font-family)"
)


def inline(svg: str) -> Markup:
    """The same drawing without a style attribute: each property that SVG knows as an attribute becomes one."""
    return Markup(_STYLE.sub(lambda found: _attributes(found[1]), svg))  # noqa: S704 (made by matplotlib, escaped there)


def _attributes(style: str) -> str:
    said = []
    for part in style.split(";"):
        name, _, value = (text.strip() for text in part.partition(":"))
        if name == "font":  # shorthand: "bold 9px 'DejaVu Sans'"; the family is the page's
            size = re.search(r"([\d.]+)px", value)
            said += [f'font-size="{size[1]}"'] if size else []
            said += ['font-weight="bold"'] if re.search(r"\b(bold|700)\b", value) else []
        elif _ATTRIBUTES.fullmatch(name):
            said.append(f'{name}="{value.replace(chr(34), "")}"')
    return "".join(f" {attribute}" for attribute in said)


def ledger_drawing(rows: list[Row], fair_share: float, identifier: str, language: str) -> Markup:
    """From today's posts to the proposed ones, step by step; the smallest steps together."""
    bars = []
    for row in rows:
        after, posts = float(row["posts_after_row"]), float(row["posts"])
        level = row["cause"] in ("start", "end")
        if not level and abs(posts) < 1e-12:
            continue
        text = posts_text(after, language) if level else signed(posts, 2, language)
        bars.append(Bar(_short(row["label"]), text, after if level else after - posts, after, level))
        if row["kind"] == "indicateur" and _last(rows, row, "indicateur"):
            bars.append(Bar(_FAIR[language], number(fair_share, 2, language), fair_share, fair_share, True))
    return _steps(tuple(bars), identifier)


@lru_cache(maxsize=512)
def _steps(bars: tuple[Bar, ...], identifier: str) -> Markup:
    """Drawn once: matplotlib takes a tenth of a second, and everybody looks at the same few figures."""
    return inline(steps_figure(bars, identifier))


_FAIR = {"fr": "Part équitable", "en": "Fair share"}
_LONGEST = 38


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1].rstrip() + "…"


def _last(rows: list[Row], row: Row, kind: str) -> bool:
    return [r for r in rows if r["kind"] == kind][-1] is row


def changes_map(sheet: Sheet, rows: list[Row], legend: dict[str, str], identifier: str) -> Markup | None:
    """Territories coloured by their change; None where the study has no outlines of them."""
    key = (
        sheet.key,
        sheet.run_id,
        tuple((r["territory"], r["change"]) for r in rows),
        tuple(legend.values()),
        identifier,
    )
    if key not in _MAPS:
        while len(_MAPS) >= MOST_MAPS:
            _MAPS.pop(next(iter(_MAPS)), None)
        _MAPS[key] = _map(sheet, rows, legend, identifier)
    return _MAPS[key]


MOST_MAPS = 64
_MAPS: dict[tuple[Any, ...], Markup | None] = {}


def _map(sheet: Sheet, rows: list[Row], legend: dict[str, str], identifier: str) -> Markup | None:
    outlines = outlines_of(sheet)
    if outlines is None or not all(row["territory_id"] in outlines.of for row in rows):
        return None
    shown = [
        Place(row["territory"], signed(row["change"], 1) if row["change"] else "=", row["change"], of.rings, of.inside)
        for row in rows
        for of in (outlines.of[row["territory_id"]],)
    ]
    return inline(map_figure(shown, outlines.aspect, legend, identifier))
