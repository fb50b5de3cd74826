"""What an evidence file takes from schema `published`: what everybody reads, and for a shared scenario what is shared."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, insert

from tests.integration.evidence_fixture import sheet_of
from workload.reporting.evidence_file import study_tables
from workload.reporting.evidence_file.members import OF_THE_STUDY
from workload.store.published_tables import published_tables

pytestmark = pytest.mark.integration


def test_only_what_is_open_to_the_readers_of_the_scenario(engine: Engine):
    sheet = sheet_of()
    place = {
        "study": "",
        "territory_id": "t",
        "territory": "T",
        "territory_order": 1,
        "place_order": 1,
        "inhabitants": 1,
    }
    rows = [
        place | {"study_id": study, "scenario_status": status, "level": "commune", "place_id": status, "place": status}
        for study, status in (("etude", "published"), ("etude", "shared"), ("autre", "published"))
    ]
    with engine.begin() as connection:
        connection.execute(insert(published_tables()["place"]), [row | {"geometry": "{}"} for row in rows])
    found = study_tables(engine, sheet)
    assert set(found) == set(OF_THE_STUDY)
    assert [row["place"] for row in found["place"]] == ["published"]
    assert "geometry" not in found["place"][0]
    to_the_direction = study_tables(engine, replace(sheet, status="shared"))
    assert [row["place"] for row in to_the_direction["place"]] == ["published", "shared"]
