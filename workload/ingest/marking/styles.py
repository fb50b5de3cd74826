"""styles.xml: clones of cell styles that differ in their fill alone, the way back, and the list sheet's own styles."""

from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from typing import Any

import lxml.etree as etree

from workload.errors import Severity
from workload.ingest.marking.colours import NO_FILL, SHADES, element, is_light, shade, shade_index, solid
from workload.ingest.marking.relations import MAIN
from workload.ingest.marking.worksheet import tag

_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
_AFTER = ("cellStyles", "dxfs", "tableStyles", "colors", "extLst")
_DEFAULTS = {
    "numFmts": "",
    "fonts": '<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
    "fills": f'{NO_FILL}<fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}
_FIRST_CUSTOM_FORMAT = 164
_MOST_TEXT = 30_000  # characters of the fills' list: it must fit into one cell
EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="{MAIN}"><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()


def _key(node: Any, without: Iterable[str] = ()) -> tuple[object, ...]:
    """Equal for equal elements, whatever their prefixes."""
    attributes = tuple(sorted((k, v) for k, v in node.attrib.items() if k not in without))
    return (node.tag, attributes, (node.text or "").strip(), *(_key(child) for child in node))


class Styles:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.changed = False
        self.covered: list[str] = [NO_FILL]  # fills under our marks, by shade
        self._marked: dict[tuple[int, Severity], int] = {}
        self._keys: dict[str, dict[tuple[object, ...], int]] = {}

    def marked(self, style: int, severity: Severity) -> int:
        """The style that is as `style` but for our fill."""
        if (style, severity) not in self._marked:
            xf = self._xf(style)
            light = is_light(self._item("fonts", int(xf.get("fontId") or 0)))
            colour = shade(severity, light, self._cover(self._item("fills", int(xf.get("fillId") or 0))))
            self._marked[style, severity] = self._with_fill(xf, solid(colour))
        return self._marked[style, severity]

    def restored(self, used: Collection[int], covered: Sequence[str]) -> dict[int, int]:
        """For each style in use that carries our fill, the style without it; `covered` is the list that came back."""
        ours = {}
        for fill_id, fill in enumerate(self._items("fills")):
            colour = fill.find(f"{tag('patternFill')}/{tag('fgColor')}")
            index = None if colour is None else shade_index(colour.get("rgb", ""))
            if index is not None:
                ours[fill_id] = covered[index] if index < len(covered) else NO_FILL
        xfs = enumerate(self._items("cellXfs"))
        return {
            i: self._with_fill(xf, ours[f]) for i, xf in xfs if i in used and (f := int(xf.get("fillId") or 0)) in ours
        }

    def add(self, font: str, fill: str = NO_FILL, border: str = "", number_format: str = "", align: str = "") -> int:
        """A style of our own, from pieces of XML."""
        ids = {
            "numFmtId": self._number_format(number_format),
            "fontId": self._number("fonts", element(font)),
            "fillId": self._number("fills", element(fill)),
            "borderId": self._number("borders", element(border)) if border else 0,
        }
        attributes = " ".join(f'{name}="{value}"' for name, value in ids.items())
        applied = "".join(f' apply{part}="1"' for part in ("NumberFormat", "Font", "Fill", "Border", "Alignment"))
        return self._number("cellXfs", element(f'<xf {attributes} xfId="0"{applied}>{align}</xf>'))

    def _cover(self, fill: Any) -> int:
        """The shade for a covered fill; the plainest once there is no room left to remember more."""
        text = _plain(fill) if fill is not None else NO_FILL
        if text not in self.covered and _key(element(text)) == _key(element(NO_FILL)):
            return 0
        if text not in self.covered:
            if len(self.covered) == SHADES or len("".join(self.covered)) + len(text) > _MOST_TEXT:
                return 0
            self.covered.append(text)
        return self.covered.index(text)

    def _with_fill(self, xf: Any, fill: str) -> int:
        try:
            fill_id = self._number("fills", element(fill))
        except (ValueError, IndexError, etree.XMLSyntaxError):  # somebody wrote into our list
            fill_id = 0
        clone = deepcopy(xf)
        clone.set("fillId", str(fill_id))
        clone.set("applyFill", "1")
        return self._number("cellXfs", clone)

    def _number(self, box_name: str, item: Any) -> int:
        """Where that item stands, added if it does not."""
        box = self._box(box_name)
        loose = ("applyFill",) if box_name == "cellXfs" else ()
        if box_name not in self._keys:
            self._keys[box_name] = {}
            for number, old in enumerate(self._items(box_name)):
                self._keys[box_name].setdefault(_key(old, loose), number)
        key = _key(item, loose)
        if key not in self._keys[box_name]:
            self._keys[box_name][key] = len(self._items(box_name))
            box.append(item)
            box.set("count", str(len(self._items(box_name))))
            self.changed = True
        return self._keys[box_name][key]

    def _number_format(self, code: str) -> int:
        if not code:
            return 0
        box = self._box("numFmts")
        known = {e.get("formatCode"): int(e.get("numFmtId")) for e in self._items("numFmts")}
        if code not in known:
            known[code] = max(_FIRST_CUSTOM_FORMAT - 1, *known.values(), 0) + 1
            etree.SubElement(box, tag("numFmt"), numFmtId=str(known[code]), formatCode=code)
            box.set("count", str(len(box)))
            self.changed = True
        return known[code]

    def _xf(self, style: int) -> Any:
        return self._item("cellXfs", style) if style < len(self._items("cellXfs")) else self._item("cellXfs", 0)

    def _item(self, box: str, number: int) -> Any:
        items = self._items(box)
        return items[number] if number < len(items) else None

    def _items(self, box: str) -> list[Any]:
        return list(self._box(box).iterchildren("*"))

    def _box(self, name: str) -> Any:
        found = self.root.find(tag(name))
        if found is None:
            found = self.root.makeelement(tag(name), nsmap=self.root.nsmap)
            later = [e for e in self.root if etree.QName(e).localname in (*_ORDER[_ORDER.index(name) + 1 :], *_AFTER)]
            if later:
                later[0].addprevious(found)
            else:
                self.root.append(found)
            found.extend(element(f"<{name}>{_DEFAULTS[name]}</{name}>"))
            found.set("count", str(len(found)))
            self.changed = True
        return found


def _plain(fill: Any) -> str:
    """A fill as text without prefixes or namespaces: `element` reads it back."""

    def copy(node: Any) -> Any:
        new = etree.Element(node.tag, dict(node.attrib), nsmap={None: MAIN})
        new.extend([copy(child) for child in node.iterchildren("*")])
        return new

    return str(etree.tostring(copy(fill), encoding="unicode")).replace(f' xmlns="{MAIN}"', "")
