"""A folder of YAML into Superset and back, so that `git diff` shows what a person edited by hand.

In: everything in one transaction, charts and datasets overwritten; the database is ours whatever the files say, and
holds no secret. Out: only what has a meaning of its own — no number of Superset's, no default, in a stable order, each
in the file it came from (found by its uuid).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from setup_errors import SetupError
from superset.commands.dashboard.export import ExportDashboardsCommand
from superset.commands.importers.v1.assets import ImportAssetsCommand
from superset.models.core import Database
from superset.models.dashboard import Dashboard

from superset import db

DATABASE_NAME = "Charge de travail"
DATABASE_UUID = "6f0c7a52-5d0e-4c3b-9a51-2f4f4a1c0001"
SCHEMA = "published"
KINDS = ("datasets", "charts", "dashboards")
METADATA = "version: 1.0.0\ntype: assets\ntimestamp: '2026-01-01T00:00:00+00:00'\n"

FIRST = {
    "datasets": ("table_name", "schema", "description", "uuid", "main_dttm_col", "metrics", "columns"),
    "charts": ("slice_name", "description", "viz_type", "uuid", "dataset_uuid", "params"),
    "dashboards": ("dashboard_title", "slug", "description", "published", "uuid", "position", "metadata"),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "datasets": {
        "offset": 0,
        "filter_select_enabled": True,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "is_managed_externally": False,
        "is_sqllab_view": False,
    },
    "charts": {"is_managed_externally": False},
    "dashboards": {"is_managed_externally": False},
}
DROPPED = {
    "datasets": {"catalog", "database_uuid", "fetch_values_predicate", "template_params", "data"},
    "charts": {"query_context", "cache_timeout"},
    "dashboards": {"theme_uuid", "roles", "tags"},
}
CHART_PARAMS_DROPPED = {"datasource", "slice_id", "dashboards", "url_params", "form_data_key", "dashboardId"}
DASHBOARD_METADATA_DROPPED = {
    *("shared_label_colors", "map_label_colors", "default_filters", "filter_scopes", "show_native_filters"),
    *("import_time", "remote_id"),
}


# --- In


def take_in(folder: Path, uri: str) -> int:
    """The number of dashboards taken in. `uri` may name no password: Superset gets it from its environment."""
    contents = {"metadata.yaml": METADATA, "databases/workload.yaml": yaml.safe_dump(_database(uri))}
    for kind, name, document in read(folder):
        if kind == "datasets":
            _check_dataset(name, document)
            document["database_uuid"] = DATABASE_UUID
        if kind == "dashboards":
            _number_charts(document, _numbers(document))
        contents[f"{kind}/{name}"] = yaml.safe_dump(document | {"version": "1.0.0"}, allow_unicode=True)
    ImportAssetsCommand(contents).run()
    return sum(name.startswith("dashboards/") for name in contents)


def read(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, path inside the kind's folder, content."""
    for kind in KINDS:
        for path in sorted((folder / kind).rglob("*.yaml")):
            yield kind, path.relative_to(folder / kind).as_posix(), yaml.safe_load(path.read_text("utf-8"))


def our_database() -> Database:
    return db.session.query(Database).filter_by(uuid=DATABASE_UUID).one()


def _database(uri: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE_NAME,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"allows_virtual_table_explore": True, "disable_data_preview": False},
        "uuid": DATABASE_UUID,
        "version": "1.0.0",
    }


def _check_dataset(name: str, document: dict[str, Any]) -> None:
    if document.get("sql") or document.get("schema") != SCHEMA:
        raise SetupError(
            f"datasets/{name} : seules les tables et vues du schéma « {SCHEMA} » conviennent (schema: {SCHEMA}, sans"
            " sql). Une requête écrite ici passerait à côté des règles de lignes : faites-en une vue."
        )


# --- Out


def put_back(folder: Path) -> list[str]:
    """Writes every dashboard, with its charts and their datasets; the files that changed."""
    ids = [dashboard.id for dashboard in db.session.query(Dashboard).order_by(Dashboard.slug)]
    found: dict[str, dict[str, Any]] = {}
    for name, content in ExportDashboardsCommand(ids).run() if ids else ():
        kind = name.split("/")[0]
        if kind in KINDS:
            document = yaml.safe_load(content())
            found[document["uuid"]] = {"kind": kind, "document": document}
    places = {document["uuid"]: (kind, name, document) for kind, name, document in read(folder)}
    taken = {f"{kind}/{name}" for kind, name, _ in places.values()}
    changed = []
    for uuid in sorted(found):
        kind, document = found[uuid]["kind"], found[uuid]["document"]
        before: dict[str, Any] = places[uuid][2] if uuid in places else {}
        name = f"{kind}/{places[uuid][1]}" if uuid in places else _free_name(kind, document, taken)
        taken.add(name)
        text = written(normalised(kind, document, before))
        path = folder / name
        if not path.exists() or written(normalised(kind, before, before)) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(name)
    return changed


def written(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def normalised(kind: str, document: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Only what says something; `before` gives the order of columns and the charts' numbers."""
    kept = {
        key: value
        for key, value in document.items()
        if key not in DROPPED[kind] | {"version"} and value != DEFAULTS[kind].get(key) and not _is_empty(value)
    }
    if kind == "datasets":
        for key, name in (("columns", "column_name"), ("metrics", "metric_name")):
            if document.get(key):
                kept[key] = _listed(document[key], before.get(key) or [], name)
    if kind == "charts":
        kept["params"] = _sorted(
            {
                key: value
                for key, value in document.get("params", {}).items()
                if key not in CHART_PARAMS_DROPPED and not (key == "annotation_layers" and not value)
            }
        )
    if kind == "dashboards":
        kept = _dashboard(kept, before)
    first = [key for key in FIRST[kind] if key in kept]
    return {key: kept[key] for key in (*first, *sorted(kept.keys() - set(first)))}


def _dashboard(document: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    numbers = _number_charts(document, _numbers(before))
    metadata = {
        key: value
        for key, value in (document.get("metadata") or {}).items()
        if key not in DASHBOARD_METADATA_DROPPED and not (_is_empty(value) and key != "color_scheme")
    }
    metadata = _renumbered(_without(metadata, {"chartsInScope", "tabsInScope"}), numbers)
    position = document.get("position") or {}
    for node in position.values():
        if isinstance(node, dict) and isinstance(node.get("meta"), dict):
            node["meta"] = {key: value for key, value in node["meta"].items() if not _is_empty(value)}
    document["position"] = {key: _sorted(position[key]) for key in _walked(position)}
    document["metadata"] = _sorted(metadata)
    return document


def _charts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a dashboard says of each chart on it, as one reads the page."""
    position = document.get("position") or {}
    for name in _walked(position):
        node = position[name]
        if isinstance(node, dict) and node.get("type") == "CHART" and "uuid" in node.get("meta", {}):
            yield node["meta"]


def _numbers(document: dict[str, Any]) -> dict[str, int]:
    """The charts' numbers in a file; one that two charts share counts for the first."""
    found = {chart["chartId"]: chart["uuid"] for chart in reversed([*_charts(document)]) if chart.get("chartId")}
    return {uuid: number for number, uuid in found.items()}


def _number_charts(document: dict[str, Any], known: dict[str, int]) -> dict[int, int]:
    """Gives each chart of a dashboard a number that only has a meaning inside its file; old number → new number.

    Superset's importer wants one. Those a file already has stay.
    """
    numbers = dict(known)
    renamed = {}
    for chart in _charts(document):
        number = numbers.setdefault(chart["uuid"], max(numbers.values(), default=0) + 1)
        if chart.get("chartId"):
            renamed[chart["chartId"]] = number
        chart["chartId"] = number
    return renamed


def _renumbered(metadata: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """The places of a dashboard's metadata that name a chart by its number."""
    for scope in _scopes(metadata):
        scope["excluded"] = sorted(numbers[n] for n in scope["excluded"] if n in numbers)
    charts = metadata.get("chart_configuration") or {}
    metadata["chart_configuration"] = {
        str(numbers[int(n)]): chart | {"id": numbers[int(n)]}
        for n, chart in sorted(charts.items(), key=lambda item: numbers.get(int(item[0]), 0))
        if int(n) in numbers and (chart.get("crossFilters") or {}).get("scope") not in (None, "global")
    }
    metadata["expanded_slices"] = {
        str(numbers[int(n)]): shown
        for n, shown in (metadata.get("expanded_slices") or {}).items()
        if int(n) in numbers and shown
    }
    metadata["timed_refresh_immune_slices"] = sorted(
        numbers[n] for n in metadata.get("timed_refresh_immune_slices") or [] if n in numbers
    )
    return {key: value for key, value in metadata.items() if key == "color_scheme" or not _is_empty(value)}


def _scopes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("excluded"), list):
            yield value
        for inner in value.values():
            yield from _scopes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scopes(inner)


def _walked(position: dict[str, Any]) -> list[str]:
    """Node names from the root down, as one reads the page; what hangs nowhere comes last."""
    order: list[str] = []

    def visit(name: str) -> None:
        node = position.get(name)
        if name not in order and node is not None:
            order.append(name)
            for child in node.get("children") or [] if isinstance(node, dict) else []:
                visit(child)

    for name in ("DASHBOARD_VERSION_KEY", "ROOT_ID", "HEADER_ID", *sorted(position)):
        visit(name)
    return order


def _listed(items: list[dict[str, Any]], before: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Columns or metrics in the order their file had, new ones by name."""
    ranks = {item[name]: rank for rank, item in enumerate(before)}
    kept = [_shorter(item, name) for item in items]
    return sorted(kept, key=lambda item: (ranks.get(item[name], len(ranks)), item[name]))


def _shorter(item: dict[str, Any], name: str) -> dict[str, Any]:
    defaults = {"is_dttm": False, "is_active": True, "filterable": True, "groupby": True}
    kept = {key: value for key, value in item.items() if not _is_empty(value) and value != defaults.get(key)}
    return {name: kept.pop(name), **_sorted(kept)}


def _free_name(kind: str, document: dict[str, Any], taken: Iterable[str]) -> str:
    label = document.get("slug") or document.get("table_name") or document.get("slice_name") or document["uuid"]
    plain = unicodedata.normalize("NFKD", str(label)).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-") or document["uuid"]
    name = f"{kind}/{stem}.yaml"
    return f"{kind}/{stem}-{document['uuid'][:8]}.yaml" if name in set(taken) else name


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, names) for key, inner in value.items() if key not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


def _is_empty(value: Any) -> bool:
    return value is None or value == {} or value == []
