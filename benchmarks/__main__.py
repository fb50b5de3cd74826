"""`make bench`: every comparison, a table, and var/bench.json."""

from pathlib import Path

from benchmarks import allocation, dashboards, entries, estimation, reading, survey_import
from benchmarks.timing import report

report(
    [
        *reading.rows(),
        *survey_import.rows(),
        *entries.rows(),
        *estimation.rows(),
        *allocation.rows(),
        *dashboards.rows(),
    ],
    Path("var/bench.json"),
)
