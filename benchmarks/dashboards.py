"""What each dashboard asks of the store: its charts' queries, asked anew and from the cache, on the demonstration and on
a store a hundred times larger. Queries are those that a browser really sends."""

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, text

from benchmarks.timing import Row
from tests.e2e.dashboards import SLUGS, Site, entered, opened, site
from tests.integration.superset_client import Visitor
from tests.programs import require_program
from workload.store.published_tables import published_tables

TIMES = 100
TURNS = 3
ASKS = ("/api/v1/chart/data", "/superset/explore_json/")

Query = tuple[str, dict[str, Any]]


def rows() -> list[Row]:
    with site() as place:
        asked = _recorded(place)
        visitor = Visitor(place.address).enter("drh", place.passwords["drh"])
        small = {slug: _medians(visitor, queries) for slug, queries in asked.items()}
        n = _enlarge(place.engine)
        large = {slug: _medians(visitor, queries) for slug, queries in asked.items()}
    return [_row(slug, len(asked[slug]), small[slug], large[slug], n) for slug in SLUGS]


def _row(slug: str, queries: int, small: tuple[float, float], large: tuple[float, float], n: int) -> Row:
    note = (
        f"{queries} queries; {large[0] / small[0]:.1f} times as long with {n:,} rows, wanted under 4; "
        f"cached {1000 * small[1]:.0f} ms and {1000 * large[1]:.0f} ms"
    )
    name = f"dashboard {slug}: median chart query, store {TIMES} times larger"
    return Row(name, large[0], "the same on the demonstration", small[0], small[0] / large[0], note)


def _recorded(place: Site) -> dict[str, list[Query]]:
    """Slug → what its page posts, each query once."""
    found: dict[str, list[Query]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require_program("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = entered(browser, place, "drh")
        for slug in SLUGS:
            posted: list[Query] = []
            page = context.new_page()
            page.on("request", lambda request, into=posted: into.extend(_queries(request)))
            opened(context, place, slug, page)
            page.close()
            found[slug] = list({json.dumps(query, sort_keys=True): query for query in posted}.values())
        browser.close()
    return found


def _queries(request: Any) -> Iterator[Query]:
    path = "/" + request.url.split("/", 3)[3]
    if request.method == "POST" and path.startswith("/api/v1/chart/data"):
        yield path, request.post_data_json


def _medians(visitor: Visitor, queries: list[Query]) -> tuple[float, float]:
    """Median over the dashboard's queries of each one's median: computed anew, and from the cache."""
    anew, kept = [], []
    for path, body in queries:
        for into, forced in ((anew, True), (kept, False)):
            times = []
            for _ in range(TURNS):
                began = time.perf_counter()
                answer = visitor.ask(path.split("?")[0], body | {"force": forced})
                times.append(time.perf_counter() - began)
                assert answer.status == 200, answer.body[:300]
            into.append(statistics.median(times))
    return statistics.median(anew), statistics.median(kept)


def _enlarge(engine: Engine) -> int:
    """Ninety-nine more studies of the same size, under names of their own; the number of rows then."""
    total = 0
    with engine.begin() as connection:
        for name, table in published_tables().items():
            columns = [column.name for column in table.columns]
            named = ", ".join(
                f"{c} || ' ' || k" if c in ("study_id", "study", "scenario_id", "scenario") else c for c in columns
            )
            connection.execute(
                text(
                    f"INSERT INTO published.{name} ({', '.join(columns)}) "
                    f"SELECT {named} FROM published.{name} AS t, generate_series(2, {TIMES}) AS k"
                )
            )
            total += connection.execute(text(f"SELECT count(*) FROM published.{name}")).scalar_one()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return total
