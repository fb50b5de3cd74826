"""Two programs in one run, in turn, medians: machines are noisy, ratios less so."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    name: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float  # peer / ours: how many times faster ours is
    note: str = ""


def compare(
    name: str, ours: Callable[[], object], peer_name: str, peer: Callable[[], object], repeats: int = 5, note: str = ""
) -> Row:
    """Medians over `repeats` alternating runs, after one run of each that does not count."""
    ours(), peer()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for call, into in ((ours, times[0]), (peer, times[1])):
            start = time.perf_counter()
            call()
            into.append(time.perf_counter() - start)
    mine, theirs = (statistics.median(t) for t in times)
    return Row(name, mine, peer_name, theirs, theirs / mine, note)


def report(rows: list[Row], path: Path) -> None:
    """A table on standard output, and the same as JSON."""
    width = max(len(row.name) for row in rows)
    peers = max(len(row.peer) for row in rows)
    print(f"{'':{width}}  {'ours':>9}  {'peer':>9}  {'ratio':>7}  peer")
    for row in rows:
        print(
            f"{row.name:{width}}  {row.ours_s:8.3f}s  {row.peer_s:8.3f}s  {row.ratio:6.1f}×  {row.peer:{peers}}  {row.note}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8")
