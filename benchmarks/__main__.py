"""`make bench`: every comparison, a table, and var/bench.json."""

from pathlib import Path

from benchmarks import allocation, estimation, reading
from benchmarks.timing import report

report([*reading.rows(), *estimation.rows(), *allocation.rows()], Path("var/bench.json"))
