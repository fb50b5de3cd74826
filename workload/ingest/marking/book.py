"""workbook.xml: its sheets in order, the list sheet put first or taken out, and the names that count sheets."""

import json
from dataclasses import dataclass
from typing import Any

import lxml.etree as etree

from workload.errors import InputError, Issue, RequestError
from workload.ingest.grid import LIST_MARKER
from workload.ingest.marking.package import Package
from workload.ingest.marking.relations import (
    CONTENT,
    MAIN,
    STRICT_MAIN,
    R,
    declare,
    discard,
    relate,
    related,
    relations,
    unrelate,
)
from workload.ingest.marking.worksheet import tag

LIST_SHEET = "À corriger"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    index: int
    name: str
    relation_id: str
    part: str | None  # None when its relation leads nowhere
    hidden: bool
    is_grid: bool  # a worksheet; not a chart, a dialog or a macro sheet
    element: Any


class Book:
    def __init__(self, package: Package) -> None:
        self.package = package
        office = related(package, "", "officeDocument")
        if office is None or office.part is None or office.part.endswith(".bin"):
            raise RequestError("marking_not_xlsx", file=package.file)
        self.part: str = office.part
        self.root = package.xml(self.part)
        if self.root.tag == f"{{{STRICT_MAIN}}}workbook":
            raise RequestError("marking_strict", file=package.file)
        if self.root.tag != tag("workbook"):
            raise RequestError("marking_not_xlsx", file=package.file)
        if self.root.find(tag("sheets")) is None:
            raise InputError([Issue("unreadable_file", package.file)])

    def sheets(self) -> list[SheetEntry]:
        targets = {r.id: r for r in relations(self.package, self.part)}
        entries = []
        for index, element in enumerate(self.root.find(tag("sheets")).iterchildren(tag("sheet"))):
            relation = targets.get(element.get(f"{{{R}}}id"))
            part = relation.part if relation else None
            is_grid = relation is not None and relation.kind == "worksheet" and part is not None
            hidden = element.get("state", "visible") != "visible"
            entries.append(
                SheetEntry(index, element.get("name"), element.get(f"{{{R}}}id"), part, hidden, is_grid, element)
            )
        return entries

    def part_of_kind(self, kind: str) -> str | None:
        found = related(self.package, self.part, kind)
        return found.part if found else None

    def styles_part(self, empty: bytes) -> str:
        """The styles part, made when the workbook has none."""
        found = self.part_of_kind("styles")
        if found is None:
            found = "xl/styles.xml"
            if self.package.find(found):
                found = self.package.free_name("xl/styles{}.xml")
            self.package.put(found, empty)
            declare(self.package, found, CONTENT + "styles+xml")
            relate(self.package, self.part, "styles", found)
        return found

    def insert_first(self, content: bytes, names: dict[str, str]) -> str:
        """A new first sheet, shown on opening, with its own defined names; returns its name."""
        taken = {sheet.name.casefold() for sheet in self.sheets()}
        tried = (LIST_SHEET if n == 1 else f"{LIST_SHEET} ({n})" for n in range(1, len(taken) + 2))
        name = next(n for n in tried if n.casefold() not in taken)
        part = self.package.free_name("xl/worksheets/sheet{}.xml")
        self.package.put(part, content)
        declare(self.package, part, CONTENT + "worksheet+xml")
        relation_id = relate(self.package, self.part, "worksheet", part)
        sheets = self.root.find(tag("sheets"))
        number = max((int(e.get("sheetId", 0)) for e in sheets.iterchildren(tag("sheet"))), default=0) + 1
        sheet = sheets.makeelement(tag("sheet"), {"name": name, "sheetId": str(number)}, nsmap={"r": R, **sheets.nsmap})
        sheet.set(f"{{{R}}}id", relation_id)
        sheets.insert(0, sheet)
        self._shift_names(0, 1)
        self._add_names({key: value.format(sheet=f"'{name}'") for key, value in names.items()})
        self._open_on(0)
        return name

    def remove(self, sheet: SheetEntry) -> None:
        if sheet.part is not None:
            chain = self.part_of_kind("calcChain")
            if chain and b"<f" in self.package.data(sheet.part):  # somebody computes on our sheet: Excel rebuilds it
                self._drop_related(chain)
            discard(self.package, sheet.part)
        unrelate(self.package, self.part, sheet.relation_id)
        sheet.element.getparent().remove(sheet.element)
        self._shift_names(sheet.index, -1)
        self._open_on(next((i for i, s in enumerate(self.sheets()) if not s.hidden), 0))

    def find_list(self) -> SheetEntry | None:
        """The list sheet of an earlier marking, known by its marker in A1, whatever its name and place."""
        return next((s for s in self.sheets() if self.cell_text(s, "A1") == LIST_MARKER), None)

    def covered_fills(self, listing: SheetEntry) -> list[str]:
        """The fills under an earlier marking's colours."""
        try:
            fills = json.loads(self.cell_text(listing, "B1"))
        except ValueError:
            return []
        return [str(fill) for fill in fills] if isinstance(fills, list) else []

    def cell_text(self, sheet: SheetEntry, cell: str) -> str:
        """The text of a cell, inline or shared."""
        if not sheet.is_grid or sheet.part is None:
            return ""
        path = f"{tag('sheetData')}/{tag('row')}/{tag('c')}[@r='{cell}']"
        found = self.package.xml(sheet.part).find(path)
        if found is None:
            return ""
        value = found.findtext(tag("v"), "")
        holder = found.find(tag("is"))
        if found.get("t") == "s" and value.isdigit():
            part = self.part_of_kind("sharedStrings")
            texts = [] if part is None else list(self.package.xml(part).iterchildren(tag("si")))
            holder = texts[int(value)] if int(value) < len(texts) else None
        return value if holder is None else "".join(t.text or "" for t in holder.iter(tag("t")))

    def _drop_related(self, part: str) -> None:
        for relation in relations(self.package, self.part):
            if relation.part == part:
                unrelate(self.package, self.part, relation.id)
        discard(self.package, part)

    def _shift_names(self, first: int, by: int) -> None:
        """Names that belong to the sheet of an index follow it when a sheet comes or goes before it."""
        names = self.root.find(tag("definedNames"))
        for name in [] if names is None else list(names.iterchildren(tag("definedName"))):
            index = name.get("localSheetId")
            if index is not None and by < 0 and int(index) == first:
                names.remove(name)
            elif index is not None and int(index) >= first:
                name.set("localSheetId", str(int(index) + by))
        if names is not None and not len(names):
            self.root.remove(names)
        self.package.touch(self.part)

    def _add_names(self, names: dict[str, str]) -> None:
        box = self.root.find(tag("definedNames"))
        if box is None:
            box = self.root.makeelement(tag("definedNames"), nsmap=self.root.nsmap)
            before = [
                e for e in self.root if e.tag in (tag("sheets"), tag("functionGroups"), tag("externalReferences"))
            ]
            before[-1].addnext(box)
        for key, value in names.items():
            etree.SubElement(box, tag("definedName"), name=key, localSheetId="0").text = value

    def _open_on(self, index: int) -> None:
        """The sheet shown on opening; no other stays selected, or what one types would go into both."""
        for view in self.root.iterfind(f"{tag('bookViews')}/{tag('workbookView')}"):
            view.set("activeTab", str(index))
            view.attrib.pop("firstSheet", None)
        for number, sheet in enumerate(self.sheets()):
            if number == index or sheet.part is None or b"tabSelected" not in self.package.data(sheet.part):
                continue
            for view in self.package.xml(sheet.part).iter(f"{{{MAIN}}}sheetView"):
                if view.attrib.pop("tabSelected", None) is not None:
                    self.package.touch(sheet.part)
