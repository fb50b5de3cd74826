"""The marks' colours, each of which remembers the fill that it covers.

A style's number changes whenever Excel or LibreOffice saves a workbook; its colours do not. So the k-th different
fill that we cover gets the k-th of 256 shades that no eye can tell apart, and the list of covered fills travels in
the list sheet: whatever saved the copy meanwhile, and wherever rows were moved, the old fill comes back.
"""

import re
from typing import Any

from workload.errors import Severity
from workload.ingest.marking.package import parse
from workload.ingest.marking.relations import MAIN

SHADES = 256
NO_FILL = '<fill><patternFill patternType="none"/></fill>'
_FAMILIES = {  # red, green and blue of the first shade; the strong ones lie under light letters
    (Severity.ERROR, False): (0xFD, 0xC8, 0xC8),
    (Severity.WARNING, False): (0xFE, 0xE8, 0xA0),
    (Severity.ERROR, True): (0xB3, 0x20, 0x28),
    (Severity.WARNING, True): (0x93, 0x58, 0x00),
}
_LIGHT = 0.6  # luminance from which letters need a dark ground


def shade(severity: Severity, light_letters: bool, index: int) -> str:
    """ARGB of the k-th shade."""
    red, green, blue = _FAMILIES[severity, light_letters]
    return f"FF{red:02X}{green + index // 32:02X}{blue + index % 32:02X}"


def shade_index(argb: str) -> int | None:
    """Which shade of ours a colour is; nothing when it is none."""
    if not re.fullmatch(r"[0-9A-Fa-f]{8}", argb):
        return None
    red, green, blue = (int(argb[i : i + 2], 16) for i in (2, 4, 6))
    for first_red, first_green, first_blue in _FAMILIES.values():
        row, column = green - first_green, blue - first_blue
        if red == first_red and 0 <= row < SHADES // 32 and 0 <= column < 32:
            return row * 32 + column
    return None


def solid(argb: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="{argb}"/><bgColor indexed="64"/></patternFill></fill>'


def element(text: str) -> Any:
    """A piece of styles.xml from its text. ValueError when it holds anything else than that."""
    root = parse(f'<styles xmlns="{MAIN}">{text}</styles>'.encode())[0]
    if any(not str(e.tag).startswith(f"{{{MAIN}}}") for e in root.iter()):
        raise ValueError("foreign element")
    return root


def is_light(font: Any) -> bool:
    """Whether the letters are (nearly) white. Theme colour 0 is the sheet's ground, white but in odd themes."""
    colour = None if font is None else font.find(f"{{{MAIN}}}color")
    if colour is None:
        return False
    if colour.get("theme") == "0" or colour.get("indexed") in ("1", "9"):
        return True
    rgb = colour.get("rgb", "")[-6:]
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", rgb):
        return False
    red, green, blue = (int(rgb[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > _LIGHT
