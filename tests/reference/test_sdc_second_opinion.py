"""Our pattern beside that of τ-Argus (the library pytauargus), on INSEE's table: the same primaries, and no more withheld.

Its OPT gives 370 on this table, where 150 is optimal (test_sdc_rtauargus proves it); its MOD gives 150. It keeps state
for the whole process, so it runs in one of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reference.test_sdc_rtauargus import RULES, TOTAL, rows, tables, value  # noqa: F401 (fixtures)
from workload.store.disclosure import protect

PEER = """
import contextlib, io, json, sys
from pytauargus import protect
records, how, workdir = json.load(sys.stdin)
with contextlib.redirect_stdout(io.StringIO()):
    found = protect(records, ["ACTIVITY", "SIZE"], response="VAL", safety_rules="FREQ(3,15)|NK(1,85)",
                    suppress=how, decimals=4, workdir=workdir)
frame = found.tables[0].dataframe()
hidden = frame[frame["status"].isin(["U", "M"])]
print("RESULT" + json.dumps([[str(a), str(s), float(v), str(t)] for a, s, v, t in
      hidden[["ACTIVITY", "SIZE", "VAL", "status"]].itertuples(index=False)]))
"""


def withheld_by_peer(given, how: str, workdir: Path) -> list[tuple[str, str, float, str]]:
    records = []
    for row in given:
        if TOTAL not in (row["ACTIVITY"], row["SIZE"]):
            n, value, largest = int(row["N_OBS"]), float(row["VAL"]), float(row["MAX"])
            where = {"ACTIVITY": row["ACTIVITY"], "SIZE": row["SIZE"]}
            records.append(where | {"VAL": largest})
            records += [where | {"VAL": (value - largest) / (n - 1)}] * (n - 1)
    asked = json.dumps([records, how, str(workdir)])
    done = subprocess.run([sys.executable, "-c", PEER], input=asked, capture_output=True, text=True, check=True)
    found = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    return [tuple(row) for row in json.loads(found.removeprefix("RESULT"))]


@pytest.mark.parametrize(("how", "cost"), [("MOD(1,5,0,0,0)", 150.0), ("OPT(1,5)", 370.0)])
def test_tau_argus_withholds_no_less(rows, tables, tmp_path: Path, how: str, cost: float):  # noqa: F811
    pytest.importorskip("pytauargus", reason="no wheel of pytauargus for this machine")
    theirs = withheld_by_peer(rows, how, tmp_path)
    ours = protect(tables, RULES)
    assert {cell[:2] for cell in theirs if cell[3] == "U"} == set(ours.primary)
    assert sum(cell[2] for cell in theirs) == pytest.approx(cost)
    assert value(tables, ours.withheld) <= cost
