"""`make bench`: every comparison, a table, and var/bench.json."""

from pathlib import Path

from benchmarks import allocation, estimation, reading, survey_import
from benchmarks.timing import report

report([*reading.rows(), *survey_import.rows(), *estimation.rows(), *allocation.rows()], Path("var/bench.json"))
