"""Relationships and content types: how the parts of a package point at each other and say what they are."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import lxml.etree as etree

from workload.ingest.marking.package import Package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_R = "http://purl.oclc.org/ooxml/officeDocument/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES_PART = "[Content_Types].xml"


@dataclass(frozen=True, slots=True)
class Relation:
    id: str
    kind: str  # last word of the type: worksheet, styles, comments, …
    type: str
    part: str | None  # None when the target lies outside of the package


def rels_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(package: Package, part: str) -> list[Relation]:
    """The relations of a part ('' for the package's own), targets as stored part names."""
    return [_relation(package, part, element) for element in _elements(package, part)]


def related(package: Package, part: str, kind: str) -> Relation | None:
    """The first relation of that kind whose target exists."""
    return next((r for r in relations(package, part) if r.kind == kind and r.part is not None), None)


def relate(package: Package, part: str, kind: str, target: str) -> str:
    """A new relation to a part of this package; its id."""
    name = package.find(rels_part(part)) or rels_part(part)
    if package.find(name) is None:
        package.put(
            name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="{_RELS}"/>'.encode()
        )
    root = package.xml(name)
    taken = {element.get("Id") for element in root}
    number = next(n for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    path = posixpath.relpath(target, posixpath.dirname(part) or ".")
    etree.SubElement(root, f"{{{_RELS}}}Relationship", Id=f"rId{number}", Type=f"{R}/{kind}", Target=path)
    package.touch(name)
    return f"rId{number}"


def unrelate(package: Package, part: str, relation_id: str) -> None:
    name = package.find(rels_part(part))
    if name is None:
        return
    root = package.xml(name)
    for element in [e for e in root if e.get("Id") == relation_id]:
        root.remove(element)
    if len(root):
        package.touch(name)
    else:
        package.drop(name)


def declare(package: Package, part: str, content_type: str) -> None:
    """Say what a new part is."""
    root = package.xml(_TYPES_PART)
    etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)
    package.touch(_TYPES_PART)


def declare_extension(package: Package, extension: str, content_type: str) -> None:
    root = package.xml(_TYPES_PART)
    if not any(e.get("Extension", "").casefold() == extension for e in root):
        root.insert(0, root.makeelement(f"{{{_TYPES}}}Default", Extension=extension, ContentType=content_type))
        package.touch(_TYPES_PART)


def discard(package: Package, part: str) -> None:
    """Take a part out, with what it says of itself and the parts that nothing else uses."""
    own = [r.part for r in relations(package, part) if r.part is not None]
    package.drop(package.find(rels_part(part)) or "")
    package.drop(part)
    root = package.xml(_TYPES_PART)
    for element in [e for e in root if e.get("PartName", "").lstrip("/").casefold() == part.casefold()]:
        root.remove(element)
        package.touch(_TYPES_PART)
    kept = set(_targets(package))
    for orphan in own:
        if orphan not in kept and package.find(orphan):
            discard(package, orphan)


def _targets(package: Package) -> Iterator[str]:
    for name in package.names():
        folder, rels = posixpath.split(name)
        if rels.endswith(".rels") and posixpath.basename(folder) == "_rels":
            part = posixpath.join(posixpath.dirname(folder), rels.removesuffix(".rels"))
            yield from (r.part for r in relations(package, part) if r.part is not None)


def _elements(package: Package, part: str) -> list[Any]:
    name = package.find(rels_part(part))
    return [] if name is None else list(package.xml(name).iterchildren(f"{{{_RELS}}}Relationship"))


def _relation(package: Package, part: str, element: Any) -> Relation:
    type_, target = element.get("Type", ""), element.get("Target", "")
    kind = type_.rsplit("/", 1)[-1]
    if element.get("TargetMode") == "External":
        return Relation(element.get("Id"), kind, type_, None)
    path = target if target.startswith("/") else posixpath.join(posixpath.dirname(part), target)
    path = posixpath.normpath(path).lstrip("/")
    return Relation(element.get("Id"), kind, type_, package.find(path) or package.find(unquote(path)))
