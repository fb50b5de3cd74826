"""The VML drawing behind notes, changed as text: what Excel writes there is not always well-formed XML."""

import math
import re
from collections.abc import Callable, Collection, Sequence

from workload.ingest.marking.addresses import LAST_COLUMN, LAST_ROW
from workload.ingest.marking.worksheet import Worksheet

_SPACES = {
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items())
_SHAPE = re.compile(rb"<((?:[\w.-]+:)?)shape(?=[\s>])(?:[^>]*/>|.*?</\1shape\s*>)", re.S)
_ROW, _COLUMN = (re.compile(rb"<(?:[\w.-]+:)?%s>\s*(\d+)\s*<" % name) for name in (b"Row", b"Column"))
_CLUSTERS = re.compile(rb"idmap\b[^>]*?\bdata\s*=\s*[\"']([\d,\s]+)[\"']")
_IDS_IN_CLUSTER = 1024
_TYPE = (
    f'<v:shapetype {_DECLARED} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_WIDTH_PX, _LINE_PX, _LINE_CHARACTERS, _MOST_LINES = 260, 17, 36, 16


def empty_drawing(others: Sequence[bytes], shapes_n: int) -> bytes:
    """A drawing without shapes, whose ids no other drawing of the workbook uses."""
    used = [int(n) for data in others for found in _CLUSTERS.findall(data) for n in found.split(b",") if n.strip()]
    first = max(used, default=0) + 1
    clusters = ",".join(str(first + i) for i in range(shapes_n // _IDS_IN_CLUSTER + 1))
    layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{clusters}"/></o:shapelayout>'
    return f"<xml {_DECLARED}>{layout}</xml>".encode()


def shape(sheet: Worksheet, place: tuple[int, int], text: str) -> str:
    """The box of a note, hidden until the pointer is over its cell; `{id}` is left to fill."""
    row, column = place
    lines = sum(max(1, math.ceil(len(line) / _LINE_CHARACTERS)) for line in text.split("\n"))
    height = (min(lines, _MOST_LINES) + 1) * _LINE_PX
    left = min(column + 1, LAST_COLUMN - 1)
    top = max(row - 1, 1)
    right, right_px = _walk(left, 15 + _WIDTH_PX, sheet.column_px, LAST_COLUMN)
    bottom, bottom_px = _walk(top, 10 + height, sheet.row_px, LAST_ROW)
    anchor = f"{left - 1}, 15, {top - 1}, 10, {right - 1}, {right_px}, {bottom - 1}, {bottom_px}"
    style = f"position:absolute;width:{_WIDTH_PX * 0.75:g}pt;height:{height * 0.75:g}pt;z-index:1;visibility:hidden"
    return (
        f'<v:shape {_DECLARED} id="{{id}}" type="#_x0000_t202" style="{style}" fillcolor="#ffffe1" '
        'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row>"
        f"<x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


def add_shapes(data: bytes, shapes: Sequence[str]) -> bytes:
    """The drawing with more shapes at its end, everything else byte for byte."""
    clusters = _CLUSTERS.search(data)
    first = int(clusters[1].split(b",")[0]) if clusters else 1
    ids = [int(n) for n in re.findall(rb"_x0000_s(\d+)", data)]
    number = max(ids, default=first * _IDS_IN_CLUSTER) + 1
    text = "" if re.search(rb"\bid\s*=\s*[\"']_x0000_t202[\"']", data) else _TYPE
    text += "".join(s.replace("{id}", f"_x0000_s{number + i}") for i, s in enumerate(shapes))
    root = data[: data.find(b">", data.find(b"<xml"))]
    if all(f'xmlns:{prefix}="{uri}"'.encode() in root for prefix, uri in _SPACES.items()):
        text = text.replace(f" {_DECLARED}", "")
    end = data.rindex(b"</xml")
    return data[:end] + text.encode("ascii") + data[end:]


def remove_shapes(data: bytes, cells: Collection[tuple[int, int]]) -> bytes:
    """The drawing without the notes of those cells."""

    def kept(found: re.Match[bytes]) -> bytes:
        row, column = _ROW.search(found[0]), _COLUMN.search(found[0])
        is_note = b'"Note"' in found[0] or b"'Note'" in found[0]
        return b"" if is_note and row and column and (int(row[1]) + 1, int(column[1]) + 1) in cells else found[0]

    return _SHAPE.sub(kept, data)


def has_shapes(data: bytes) -> bool:
    """Whether anything is drawn besides the definitions."""
    return bool(re.search(rb"<(?:[\w.-]+:)?(?:shape|group|rect|line|oval|image)[\s>/]", data))


def _walk(start: int, distance: float, size_px: Callable[[int], float], last: int) -> tuple[int, int]:
    """The column (or row) reached after so many pixels, and how far into it."""
    place = start
    while place < last and distance >= size_px(place):
        distance -= size_px(place)
        place += 1
    return place, int(distance)
