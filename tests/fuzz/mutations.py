"""Mutations of valid workbooks and CSVs: of cells, of headings, of bytes. The same seed gives the same file."""

import io
import random
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.unit.survey_files import FIRST_ROW, ITEMS, as_csv, as_ods, as_xls, form

SPOILT = [
    "douze",
    "#REF!",
    "-3:00",
    "7:75",
    "37,5x",
    "?",
    "1/2",
    "=A1",
    "99:99",
    "NaN",
    "infini",
    "7h90",
    "--",
    "8:00:00:00",
]
HEADINGS = [
    "",
    "Code",
    "Activité",
    "xyz",
    "Total",
    "10/03/2003",
    "Semaine du",
    "Agent",
    "%",
    "\u00a0",
    "=1+1",
    "x" * 5_000,
]
VALUES = [
    *SPOILT,
    "",
    " ",
    "0",
    "1e400",
    "1e5",
    "0x1F",
    "\u202f",
    "٣",
    "١:٣٠",
    "9" * 400,
    "-0",
    "+1",
    "@x",
    "true",
    "2003-03-10",
    "\x0b",
    "é" * 300,
]
_ROW, _COLUMNS = FIRST_ROW, "CDEFG"


@dataclass(frozen=True)
class Mutant:
    """A file, and the cell that was spoilt beyond doubt where only one was."""

    name: str
    content: bytes
    spoilt_cell: str = ""


class Corpus:
    """Valid files in every format, read once."""

    def __init__(self, folder: Path) -> None:
        form().save(folder / "f.xlsx")
        as_xls(folder / "f.xlsx", folder / "f.xls")
        as_ods(folder / "f.xlsx", folder / "f.ods")
        as_csv(form(), folder / "f.csv")
        self.files = {path.suffix: path.read_bytes() for path in sorted(folder.iterdir())}
        with zipfile.ZipFile(folder / "f.xlsx") as package:
            self.parts = {name: package.read(name) for name in package.namelist()}

    def mutant(self, seed: int) -> Mutant:
        rng = random.Random(seed)
        return rng.choice(
            [self._cell, self._cell, self._heading, self._xml_bytes, self._raw_bytes, self._csv, self._csv_cell]
        )(rng)

    def _cell(self, rng: random.Random) -> Mutant:
        """One data cell of the form becomes something that is no duration."""
        cell = f"{rng.choice(_COLUMNS)}{rng.randrange(_ROW, _ROW + len(ITEMS))}"
        return Mutant("cell.xlsx", self._with(cell, rng.choice(SPOILT)), cell)

    def _heading(self, rng: random.Random) -> Mutant:
        content = self.parts
        cells = rng.sample(
            [f"{c}{r}" for c in "ABCDEFGH" for r in (4, 5, 7, 8, 9, 10, 13, 14, 19)], rng.randrange(1, 5)
        )
        xml = content["xl/worksheets/sheet1.xml"].decode()
        for cell in cells:
            xml = _put(xml, cell, rng.choice(HEADINGS + VALUES))
        return Mutant("heading.xlsx", self._packed(xml.encode("utf-8", "replace")))

    def _xml_bytes(self, rng: random.Random) -> Mutant:
        """Bytes of one part changed inside a sound package."""
        name = rng.choice(sorted(self.parts))
        part = _scrambled(self.parts[name], rng)
        return Mutant("part.xlsx", _zip({**self.parts, name: part}))

    def _raw_bytes(self, rng: random.Random) -> Mutant:
        suffix = rng.choice(sorted(self.files))
        other = rng.choice([suffix, suffix, suffix, ".xlsx", ".csv", ".xls", ".ods", ".xlsm"])
        return Mutant(f"raw{other}", _scrambled(self.files[suffix], rng))

    def _csv(self, rng: random.Random) -> Mutant:
        lines = self.files[".csv"].decode("utf-8-sig").splitlines()
        for _ in range(rng.randrange(1, 6)):
            row = rng.randrange(len(lines))
            fields = lines[row].split(";")
            fields[rng.randrange(len(fields))] = rng.choice(VALUES + HEADINGS + ['"', ";;;", "\n"])
            lines[row] = ";".join(fields)
        if rng.random() < 0.3:
            rng.shuffle(lines)
        encoding = rng.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])
        return Mutant("mutant.csv", "\n".join(lines).encode(encoding, "replace"))

    def _csv_cell(self, rng: random.Random) -> Mutant:
        lines = self.files[".csv"].decode("utf-8-sig").splitlines()
        row, column = rng.randrange(_ROW, _ROW + len(ITEMS)), rng.randrange(len(_COLUMNS))
        fields = lines[row - 1].split(";")
        fields[2 + column] = rng.choice([v for v in SPOILT if v not in ("=A1", "#REF!")])
        lines[row - 1] = ";".join(fields)
        return Mutant("one.csv", "\n".join(lines).encode("utf-8"), f"{_COLUMNS[column]}{row}")

    def _with(self, cell: str, text: str) -> bytes:
        return self._packed(_put(self.parts["xl/worksheets/sheet1.xml"].decode(), cell, text).encode())

    def _packed(self, sheet: bytes) -> bytes:
        return _zip({**self.parts, "xl/worksheets/sheet1.xml": sheet})


def _put(xml: str, cell: str, text: str) -> str:
    safe = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text).replace("&", "&amp;").replace("<", "&lt;")
    content = f'<c r="{cell}" t="inlineStr"><is><t>{safe}</t></is></c>'
    if text == "#REF!":
        content = f'<c r="{cell}" t="e"><v>#REF!</v></c>'
    elif text.startswith("="):
        content = f'<c r="{cell}"><f>{safe[1:]}</f></c>'
    return re.sub(rf'<c r="{cell}"(?: [^>]*)?(?:/>|>.*?</c>)', lambda _: content, xml, count=1, flags=re.DOTALL)


def _scrambled(data: bytes, rng: random.Random) -> bytes:
    """A few bytes flipped, cut out, repeated or put in."""
    raw = bytearray(data)
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(raw)) if raw else 0
        match rng.randrange(5):
            case 0 if raw:
                raw[at] ^= 1 << rng.randrange(8)
            case 1:
                del raw[at : at + rng.randrange(1, 40)]
            case 2:
                raw[at:at] = raw[at : at + rng.randrange(1, 200)]
            case 3:
                raw[at:at] = rng.randbytes(rng.randrange(1, 20))
            case _:
                raw = raw[: max(1, len(raw) - rng.randrange(1, 200))] if rng.random() < 0.2 else raw
    return bytes(raw)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()
