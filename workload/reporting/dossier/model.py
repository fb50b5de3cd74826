"""What the dossier says, as plain data: every sentence and figure, in the order of the page. Templates only lay out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawing:
    """svg: without a size of its own; alternative: read aloud instead of it."""

    svg: str
    alternative: str
    caption: str


@dataclass(frozen=True, slots=True)
class Row:
    """The first cell is the row's heading. kind: "", "level" (a state or a sum), "group" (first cell only).
    strong: the cell to set in bold, -1 for none."""

    cells: tuple[str, ...]
    kind: str = ""
    strong: int = -1


@dataclass(frozen=True, slots=True)
class Table:
    """numeric: whether a column holds figures, set to the right. widths: parts of the line, 0: as wide as needed."""

    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading and what stands under it: sentences."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    note: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """One number of posts that came out of draws."""

    posts: str
    share: str
    part: float
    final: bool


@dataclass(frozen=True, slots=True)
class Cover:
    status: str
    status_said: str
    scenario: str
    description: str
    day: str
    notice: str  # empty for a real study
    passages: tuple[Passage, ...]
    map: Drawing | None
    table: Table
    limits: str


@dataclass(frozen=True, slots=True)
class SecondPage:
    """As much as the page holds: the first of several that fits is taken."""

    ledger: Table
    changes: Table | None
    changes_said: tuple[str, ...]
    ways: Table | None
    ways_said: str


@dataclass(frozen=True, slots=True)
class Territory:
    """Two pages. sign: gives, receives or same."""

    id: str
    heading: str
    continued: str
    sign: str
    verdict: str
    warning: str
    tiles: tuple[Tile, ...]
    said: tuple[str, ...]
    map: Drawing | None
    scale: Drawing
    way: Drawing
    second: tuple[SecondPage, ...]
    sure: tuple[str, ...]
    draws: tuple[Drawn, ...]
    more: tuple[Passage, ...]  # ceilings, years, professions, communes: where published


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission other than the main one, on a page or so."""

    name: str
    posts: Table
    said: tuple[str, ...]
    reasons: Table | None
    ceilings: Table | None


@dataclass(frozen=True, slots=True)
class Objection:
    said: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annex:
    mission: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DossierView:
    document: str
    running: str
    generated: str
    mark: str  # at the head of every page
    simulated: bool
    study: str
    cover: Cover
    words: Table
    main: str
    posts: Table
    posts_intro: str
    territories: tuple[Territory, ...]
    missions: tuple[Mission, ...]
    plan_intro: str
    plans: tuple[Table, ...]
    plans_said: tuple[str, ...]
    method: tuple[Passage, ...]
    limits: tuple[str, ...]
    objections: tuple[Objection, ...]
    weights: tuple[Table, ...]
    weights_intro: str
    sources: Table | None
    parameters: tuple[Table, ...]
    verify: tuple[Table, ...]
    annexes: tuple[Annex, ...]
