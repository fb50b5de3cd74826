"""The dashboards' files: each dataset is a published table as declared, and nothing points outside."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from workload.store.published_tables import published_tables

ASSETS = Path("superset/assets")
VIEWS = {"territory_map": "allocation", "commune_map": "need_commune"}
SLUGS = {"temps", "besoin", "affectation", "justification", "profil", "campagne"}


def files(kind: str) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted((ASSETS / kind).glob("*.yaml"))}


def test_never_a_python_package():
    assert not list(Path("superset").rglob("__init__.py"))


@pytest.mark.parametrize("name", [*published_tables(), *VIEWS])
def test_a_dataset_has_the_columns_of_its_table_and_their_french_names(name: str):
    dataset = files("datasets")[name]
    table = published_tables()[VIEWS.get(name, name)]
    wanted = {column.name: column.comment for column in table.columns}
    declared = {c["column_name"]: c for c in dataset["columns"] if not c.get("expression")}
    assert set(declared) - set(wanted) <= ({"feature"} if name in VIEWS else set())
    assert set(wanted) <= set(declared)
    assert all(declared[column]["description"] == comment for column, comment in wanted.items())
    assert all(c.get("verbose_name") for c in dataset["columns"])
    assert all(m.get("verbose_name") for m in dataset["metrics"])
    assert dataset["schema"] == "published"


def test_six_dashboards_whose_charts_exist_and_read_our_datasets():
    dashboards, charts, datasets = files("dashboards"), files("charts"), files("datasets")
    assert {d["slug"] for d in dashboards.values()} == SLUGS
    known_charts = {c["uuid"]: c for c in charts.values()}
    known_datasets = {d["uuid"] for d in datasets.values()}
    assert len(known_charts) == len(charts)
    used = set()
    for dashboard in dashboards.values():
        placed = {
            p["meta"]["uuid"]
            for p in dashboard["position"].values()
            if isinstance(p, dict) and p.get("type") == "CHART"
        }
        assert 4 <= len(placed) <= 12, dashboard["slug"]
        assert placed <= set(known_charts)
        used |= placed
        for native in dashboard["metadata"]["native_filter_configuration"]:
            for target in native["targets"]:
                assert not target or target["datasetUuid"] in known_datasets
    assert used == set(known_charts)
    assert {c["dataset_uuid"] for c in charts.values()} <= known_datasets


def test_nothing_points_to_another_host():
    for path in ASSETS.rglob("*.yaml"):
        for address in re.findall(r"(?:https?:)?//[\w.-]+", path.read_text("utf-8")):
            assert address.endswith("127.0.0.1"), f"{path}: {address}"
