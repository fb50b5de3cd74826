"""A zip with one form only: members stored, in their order, nothing between them, so that its bytes follow from their
names and contents, and whichever byte is changed shows. Any program opens it; ours reads nothing else.

APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3.7, 4.3.12 and 4.3.16; no zip64, no compression, no encryption.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

CHUNK = 1 << 20
MEMBERS_MOST = 200
BYTES_MOST = 1 << 30  # ours hold a few million bytes
NAME_MOST = 100
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _UTF8, _STORED = 20, 0x0800, 0
_TIME, _DAY = 0, (0 << 9) | (1 << 5) | 1  # 1980-01-01 00:00: the day of the calculation is said inside
_FILE_MODE = 0o100644 << 16
_LOCAL_FORM, _CENTRAL_FORM, _END_FORM = "<4sHHHHHIIIHH", "<4sHHHHHHIIIHHHHHII", "<4sHHHHIIH"
_LOCAL_SIZE = struct.calcsize(_LOCAL_FORM)


class ContainerError(Exception):
    """Not a container of ours; `code` of the catalogue and the byte where it shows."""

    def __init__(self, code: str, at: int, name: str = "") -> None:
        super().__init__(code)
        self.code, self.at, self.name = code, at, name


@dataclass(frozen=True, slots=True)
class Stored:
    """One member as it stands in the file."""

    name: str
    size: int
    crc: int
    offset: int


def write_container(members: Mapping[str, bytes], file: BinaryIO) -> None:
    """Writes the members in their order. Same members, same bytes."""
    entries, at = [], 0
    for name, content in members.items():
        entry = Stored(name, len(content), crc32(content), at)
        head = _local(entry)
        file.write(head)
        file.write(content)
        at += len(head) + len(content)
        entries.append(entry)
    file.write(_directory(entries, at))


def read_container(path: Path, take: Callable[[str, Iterator[bytes]], None]) -> None:
    """Hands over every member, name and content in pieces, one after the other; `take` must read each to its end.

    What stands in the file is compared with what `write_container` would have written, byte for byte, but for the
    contents: those are the caller's to compare. Raises ContainerError at the first byte that is not as it must be.
    """
    size = path.stat().st_size
    if size > BYTES_MOST:
        raise ContainerError("evidence_too_large", BYTES_MOST)
    with path.open("rb") as file:
        entries: list[Stored] = []
        while (entry := _next(file, size)) is not None:
            if len(entries) >= MEMBERS_MOST:
                raise ContainerError("evidence_too_many", entry.offset)
            sums = _Summed(file, entry.size)
            take(entry.name, sums.pieces())
            if sums.crc != entry.crc:
                raise ContainerError("evidence_container", entry.offset, entry.name)
            entries.append(entry)
        at = file.tell()
        expected, found = _directory(entries, at), file.read(size - at + 1)
        if expected != found:
            same = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
            raise ContainerError("evidence_container", at + (min(len(expected), len(found)) if same is None else same))


class _Summed:
    """A member read once, its checksum kept."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left, self.crc = file, size, 0

    def pieces(self) -> Iterator[bytes]:
        while self.left:
            piece = self.file.read(min(CHUNK, self.left))
            if not piece:
                raise ContainerError("evidence_truncated", self.file.tell())
            self.left -= len(piece)
            self.crc = crc32(piece, self.crc)
            yield piece


def _next(file: BinaryIO, size: int) -> Stored | None:
    """The member that begins here; None where the directory begins."""
    offset = file.tell()
    head = file.read(_LOCAL_SIZE)
    if not offset and head[:4] != _LOCAL:
        raise ContainerError("evidence_no_zip", 0)
    if head[:4] == _CENTRAL:
        file.seek(offset)
        return None
    if len(head) < _LOCAL_SIZE:
        raise ContainerError("evidence_truncated", size)
    (*_, crc, _packed, length, name_length, _extra) = struct.unpack(_LOCAL_FORM, head)
    if name_length > NAME_MOST or length > size - offset:
        raise ContainerError("evidence_container", offset)
    raw = file.read(name_length)
    name = raw.decode("ascii", errors="replace")
    entry = Stored(name, length, crc, offset)
    if _local(entry) != head + raw:
        raise ContainerError("evidence_container", offset, name if name.isprintable() else "")
    return entry


def _local(of: Stored) -> bytes:
    name = of.name.encode("ascii", errors="replace")
    return (
        struct.pack(_LOCAL_FORM, _LOCAL, _VERSION, _UTF8, _STORED, _TIME, _DAY, of.crc, of.size, of.size, len(name), 0)
        + name
    )


def _directory(entries: list[Stored], at: int) -> bytes:
    made = _VERSION | 3 << 8  # by Unix: only then does the file mode mean anything
    parts = []
    for of in entries:
        name = of.name.encode("ascii", errors="replace")
        fixed = (_CENTRAL, made, _VERSION, _UTF8, _STORED, _TIME, _DAY, of.crc, of.size, of.size, len(name))
        parts.append(struct.pack(_CENTRAL_FORM, *fixed, 0, 0, 0, 0, _FILE_MODE, of.offset) + name)
    directory = b"".join(parts)
    return directory + struct.pack(_END_FORM, _END, 0, 0, len(entries), len(entries), len(directory), at, 0)
