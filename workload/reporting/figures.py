"""Figures as inline SVG: from current posts to proposed ones, and the map. Text stays text, in the page's own font."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

INK, MUTED, RULE_LINE = "#1c2733", "#5b6672", "#c9cfd6"
LESS, MORE, SAME = "#b35806", "#3b6fb6", "#e9ebee"
"""Orange and blue differ for colour-blind readers; orange is also hatched, so that grey print tells them apart."""
WIDTH_IN, MAP_IN = 7.4, 5.2
_STYLE: Any = {  # matplotlib types its keys as literals
    "svg.fonttype": "none",
    "svg.hashsalt": "workload",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "hatch.linewidth": 0.7,
    "axes.unicode_minus": True,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the way from current posts to proposed ones."""

    label: str
    text: str  # the figure as written at the bar
    start: float
    end: float
    level: bool = False  # a state (today, fair share, proposed) rather than a step
    low: float | None = None  # interval of a state
    high: float | None = None


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context(_STYLE):
        yield


def steps_figure(bars: Sequence[Bar], identifier: str, width_in: float = WIDTH_IN, joined: bool = True) -> str:
    """Horizontal waterfall: each step starts where the one before ended. Not joined: states that do not follow one
    another, each with its interval."""
    with _style():
        figure = Figure(figsize=(width_in, 0.27 * len(bars) + 0.15))
        axes = figure.add_axes((0.36, 0.01, 0.62, 0.98))
        values = [v for bar in bars for v in (bar.start, bar.end, bar.low, bar.high) if v is not None]
        least, most = min(values), max(values)
        span = max(most - least, 0.5)
        axes.set_xlim(least - 0.14 * span, most + 0.34 * span)
        axes.set_ylim(len(bars) - 0.4, -0.6)
        for y, bar in enumerate(bars):
            if y and joined:
                axes.plot([bar.start] * 2, [y - 1, y], color=RULE_LINE, linewidth=0.8, zorder=1)
            (_state if bar.level else _step)(axes, y, bar, span)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        for tick, bar in zip(axes.get_yticklabels(), bars, strict=True):
            tick.set_color(INK)
            tick.set_fontweight("bold" if bar.level else "normal")
        axes.set_xticks([])
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        return _svg(figure, identifier)


def _state(axes: Any, y: int, bar: Bar, span: float) -> None:
    axes.axhspan(y - 0.46, y + 0.46, color="#f2f4f6", zorder=0, linewidth=0)
    if bar.low is not None and bar.high is not None:
        axes.plot([bar.low, bar.high], [y, y], color=MUTED, linewidth=5, alpha=0.45, solid_capstyle="butt", zorder=2)
    axes.plot([bar.end] * 2, [y - 0.36, y + 0.36], color=INK, linewidth=2.4, zorder=3)
    right = max(bar.end, bar.high or bar.end)
    axes.text(right + 0.02 * span, y, bar.text, va="center", ha="left", color=INK, fontweight="bold")


def _step(axes: Any, y: int, bar: Bar, span: float) -> None:
    falls = bar.end < bar.start
    axes.barh(
        y,
        bar.end - bar.start,
        left=bar.start,
        height=0.62,
        facecolor="#f6c58f" if falls else MORE,
        edgecolor=LESS if falls else MORE,
        hatch="/////" if falls else None,
        linewidth=0.8,
        zorder=2,
    )
    axes.text(max(bar.start, bar.end) + 0.02 * span, y, bar.text, va="center", ha="left", color=INK)


@dataclass(frozen=True, slots=True)
class Place:
    """One territory on the map: its outlines in degrees, outer rings and holes alike."""

    name: str
    text: str
    change: float
    rings: tuple[Sequence[tuple[float, float]], ...]
    label_at: tuple[float, float]


def map_figure(
    places: Sequence[Place],
    aspect: float,
    legend: Mapping[str, str],
    identifier: str,
    width_in: float = MAP_IN,
    highlighted: str | None = None,
) -> str:
    """Territories coloured by their change; legend: keys gives, same, receives, or empty. One may be highlighted, by
    its name: then it alone is coloured, and none is named, since the page around is about that one."""
    with _style():
        points = [point for place in places for ring in place.rings for point in ring]
        x, y = [p[0] for p in points], [p[1] for p in points]
        width, height = max(x) - min(x), (max(y) - min(y)) * aspect
        tall = width_in * min(7.5 / MAP_IN, max(3.5 / MAP_IN, height / width))
        below = 0.4 if legend else 0.0
        figure = Figure(figsize=(width_in, tall + below))
        axes = figure.add_axes((0.01, below / (tall + below), 0.98, tall / (tall + below)))
        axes.set_aspect(aspect)
        axes.set_xlim(min(x) - 0.02 * width, max(x) + 0.02 * width)
        axes.set_ylim(min(y) - 0.02 * width, max(y) + 0.02 * width)
        axes.axis("off")
        largest = max((abs(place.change) for place in places), default=0) or 1
        for place in places:
            _territory(axes, place, largest, highlighted)
        for place in places:
            if highlighted is not None:
                break
            said = "\n".join(filter(None, (place.name, place.text)))
            axes.text(*place.label_at, said, ha="center", va="center", color=INK, fontweight="bold", linespacing=1.1)
        if legend:
            _legend(figure, legend, narrow=width_in < MAP_IN)
        return _svg(figure, identifier)


def _territory(axes: Any, place: Place, largest: float, highlighted: str | None = None) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    outline = Outline.make_compound_path(*(Outline(list(ring), closed=True) for ring in place.rings))
    of_another = highlighted not in (None, place.name)
    change = 0.0 if of_another else place.change
    patch = PathPatch(outline, facecolor=_tint(change, largest), edgecolor="white", linewidth=1.1)
    axes.add_patch(patch)
    if highlighted == place.name:
        axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=INK, linewidth=1.6, zorder=3))
    if change < 0:
        axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=LESS, hatch="////", linewidth=0))


def _tint(change: float, largest: float) -> str:
    """Paler for a smaller change, from the grey of no change."""
    strong = {True: (0xF6, 0xC5, 0x8F), False: (0x3B, 0x6F, 0xB6)}[change < 0]
    weight = 0.0 if not change else 0.35 + 0.65 * abs(change) / largest
    return "#" + "".join(f"{round(s * weight + 0xE9 * (1 - weight)):02x}" for s in strong)


def _legend(figure: Figure, legend: Mapping[str, str], narrow: bool = False) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor="#f6c58f", edgecolor=LESS, hatch="/////", linewidth=0.8, label=legend["gives"]),
        Patch(facecolor=SAME, edgecolor=RULE_LINE, linewidth=0.8, label=legend["same"]),
        Patch(facecolor=MORE, edgecolor=MORE, linewidth=0.8, label=legend["receives"]),
    ]
    tight: Any = {"fontsize": 6.5, "columnspacing": 0.8, "handlelength": 1.3, "handletextpad": 0.4, "borderpad": 0.1}
    spread: Any = tight if narrow else {"columnspacing": 2}
    figure.legend(handles=handles, loc="lower center", ncol=3, frameon=False, **spread)


def _svg(figure: Figure, identifier: str) -> str:
    """The bare <svg>; ids carry the figure's own so that figures of one page do not meet; hidden from screen readers,
    which read the alternative text of the element around it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{identifier}-", svg)
    opening = r'<svg viewBox="\1" aria-hidden="true" focusable="false">'
    svg = re.sub(r'<svg[^>]*?viewBox="([^"]+)"[^>]*>', opening, svg, count=1)
    return svg.replace("\n", " ")
