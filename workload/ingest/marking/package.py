"""An OOXML package as its parts: read into memory, parsed on demand; only parts that were touched are written anew."""

import os
import zlib
from pathlib import Path
from secrets import token_hex
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import lxml.etree as etree

from workload.errors import InputError, Issue, RequestError
from workload.ingest.package import MAX_PACKAGE_BYTES

FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # of the parts we add: the same input gives the same file


def parse(data: bytes) -> Any:
    """The root of an XML part: no entities, no network, libxml2's size limits kept. ValueError if it has a DTD."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, strip_cdata=False
    )
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("document type declaration")
    return root


def serialise(root: Any) -> bytes:
    tree = root.getroottree()
    alone = tree.docinfo.standalone
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=alone))


class Package:
    """The parts of one zip. Part names have no leading slash; they are found whatever their case."""

    def __init__(self, source: Path) -> None:
        self.file = source.name
        self._data: dict[str, bytes] = {}
        self._entries: dict[str, ZipInfo] = {}
        self._roots: dict[str, Any] = {}
        self._touched: set[str] = set()
        try:
            with ZipFile(source) as archive:
                entries = archive.infolist()
                if sum(entry.file_size for entry in entries) > MAX_PACKAGE_BYTES:
                    raise RequestError("marking_too_large", file=self.file, most=MAX_PACKAGE_BYTES // 2**20)
                for entry in entries:
                    self._entries[entry.filename] = entry
                    self._data[entry.filename] = archive.read(entry)
        except FileNotFoundError as error:
            raise InputError([Issue("missing_file", self.file)]) from error
        except BadZipFile as error:
            raise RequestError("marking_not_xlsx", file=self.file) from error
        except (OSError, RuntimeError, NotImplementedError, zlib.error) as error:
            raise InputError([Issue("unreadable_file", self.file)]) from error
        self._folded = {name.casefold(): name for name in self._data}

    def names(self) -> list[str]:
        return list(self._data)

    def find(self, name: str) -> str | None:
        """The name under which a part is stored."""
        return name if name in self._data else self._folded.get(name.casefold())

    def data(self, name: str) -> bytes:
        """The bytes of a part, with what was changed in it."""
        if name in self._touched:
            return serialise(self._roots[name])
        return self._data[name]

    def xml(self, name: str) -> Any:
        """The root element of a part; after changing it call `touch`."""
        if name not in self._roots:
            try:
                self._roots[name] = parse(self._data[name])
            except (KeyError, ValueError, etree.XMLSyntaxError) as error:
                raise InputError([Issue("unreadable_file", self.file)]) from error
        return self._roots[name]

    def touch(self, name: str) -> None:
        self._touched.add(name)

    def put(self, name: str, data: bytes) -> None:
        """Add a part, or replace its bytes."""
        self._data[name] = data
        self._folded[name.casefold()] = name
        self._roots.pop(name, None)
        self._touched.discard(name)

    def drop(self, name: str) -> None:
        self._data.pop(name, None)
        self._folded.pop(name.casefold(), None)
        self._roots.pop(name, None)
        self._touched.discard(name)

    def free_name(self, pattern: str) -> str:
        """The first name not taken: 'xl/comments{}.xml' → 'xl/comments3.xml'."""
        number = 1
        while pattern.format(number).casefold() in self._folded:
            number += 1
        return pattern.format(number)

    def save(self, target: Path) -> None:
        """Write beside the target, then put in its place, so that nobody ever sees half a file."""
        draft = target.with_name(f".{target.stem}-{token_hex(4)}.tmp")
        try:
            with ZipFile(draft, "x", ZIP_DEFLATED) as archive:
                for part in self._data:
                    archive.writestr(self._entry(part), self.data(part))
            os.replace(draft, target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _entry(self, part: str) -> ZipInfo:
        old = self._entries.get(part)
        entry = ZipInfo(part, old.date_time if old else FIXED_DATE)
        entry.compress_type = old.compress_type if old else ZIP_DEFLATED
        entry.external_attr = old.external_attr if old else 0o600 << 16
        return entry
