"""The real Superset on a PostgreSQL of its own: who enters, what each role sees, what nobody can do."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import yaml
from sqlalchemy import Engine, text

from tests.integration.superset_client import Visitor
from workload.services.errors import ServiceError
from workload.services.people import load_people
from workload.services.superset import Superset, superset_running
from workload.services.superset_home import environment, forget_figures, locate_superset
from workload.services.superset_setup import export_assets, prepare
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.roles import ensure_roles

PROJECT = Path(__file__).parents[2]
ASSETS = Path(__file__).parent / "superset_assets"
DEMO = PROJECT / "superset" / "demo_accounts.yaml"
PORT = 18088
SQUARE = (
    '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[5,48],[6,48],[6,49],[5,48]]]}}'
)

OTHER = SQUARE.replace("[5,48]", "[4,48]")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not (PROJECT / ".venv-superset" / "bin" / "gunicorn").is_file(),
        reason="Superset's environment is missing: make superset-env",
    ),
]

TABLES = f"""
CREATE SCHEMA core; CREATE SCHEMA published;
CREATE TABLE core.secret AS SELECT 'confidentiel'::text AS word;
CREATE TABLE published.allocation AS SELECT * FROM (VALUES
    ('longwy', 'Longwy', 'published', 'Voté', 3.5::float8), ('longwy', 'Longwy', 'shared', 'Essai', 4),
    ('longwy', 'Longwy', 'draft', 'Brouillon', 5), ('grand_nancy', 'Grand Nancy', 'published', 'Voté', 7),
    ('*', 'Département', 'published', 'Voté', 1096.4)
) AS rows (territory_id, territory, scenario_status, scenario, posts_final);
CREATE TABLE published.scenario AS SELECT * FROM (VALUES
    ('published', 'Voté'), ('shared', 'Essai'), ('draft', 'Brouillon')) AS rows (scenario_status, scenario);
CREATE TABLE published.place AS SELECT * FROM (VALUES
    ('published', 'longwy', 'Rehon', '{SQUARE}'), ('published', 'grand_nancy', 'Tomblaine', '{OTHER}'))
    AS rows (scenario_status, territory_id, place, geometry);
CREATE TABLE published.direction_only AS SELECT 'note interne'::text AS note;
"""


@dataclass(frozen=True)
class Site:
    engine: Engine
    home: Path
    superset: Superset
    assets: Path
    started_s: float

    def visitor(self, login: str = "") -> Visitor:
        visitor = Visitor(self.superset.address)
        return visitor.enter(login, self.superset.passwords[login]) if login else visitor


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    home = Path(tempfile.mkdtemp(prefix="workload-test-", dir="/var/tmp"))
    home.chmod(0o755)
    assets = home / "assets"
    shutil.copytree(ASSETS, assets)
    try:
        with running(home) as url:
            engine = make_engine(url)
            with engine.begin() as connection:
                connection.execute(text(TABLES.replace(":", "\\:")))
            began = time.monotonic()
            with superset_running(engine, home, port=PORT, people=DEMO, assets=assets) as superset:
                yield Site(engine, home, superset, assets, time.monotonic() - began)
            engine.dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def visitors(site: Site) -> dict[str, Visitor]:
    return {person["login"]: site.visitor(person["login"]) for person in yaml.safe_load(DEMO.read_text("utf-8"))}


@pytest.fixture(scope="module")
def datasets(visitors: dict[str, Visitor]) -> dict[str, int]:
    return {found["table_name"]: found["id"] for found in visitors["admin"].ask("/api/v1/dataset/").json["result"]}


READERS = ("drh", "syndicat", "responsable.longwy", "responsable.grand-nancy")


def test_it_answers_on_this_machine_alone_and_says_so(site: Site):
    print(f"first start: {site.started_s:.1f} s")
    assert site.superset.address.startswith("http://127.0.0.1:")
    assert site.visitor().ask("/health").body == b"OK"
    assert set(site.superset.passwords) == {*READERS, "admin"}
    assert not any(password in repr(site.superset) for password in site.superset.passwords.values())
    for secret in (
        site.superset.passwords_file,
        site.home / "accounts" / "database.json",
        site.home / "superset" / "secret-key",
    ):
        assert secret.stat().st_mode & 0o777 == 0o600


def test_the_login_page_is_french_and_names_no_other_host(site: Site):
    page = site.visitor().ask("/login/")
    policy = page.headers["Content-Security-Policy"]
    assert b'<html lang="fr">' in page.body
    assert b'"locale": "fr"' in page.body.replace(b"&#34;", b'"')
    assert "workload_superset_session" in page.headers["Set-Cookie"]
    assert "://" not in policy
    assert ".sh" not in policy
    assert ".com" not in policy
    assert "unsafe-eval" not in policy
    assert b"http://" not in page.body.replace(b"http://www.w3.org", b"")
    assert b"https://" not in page.body
    french = site.visitor().ask("/superset/language_pack/fr/")
    assert french.status == 200
    assert french.json["locale_data"]["superset"]["Login"] == ["Connexion"]


def test_every_account_enters_and_no_other(site: Site, visitors: dict[str, Visitor]):
    assert {login: visitor.me() for login, visitor in visitors.items()} == {login: login for login in visitors}
    assert site.visitor().me() is None
    assert Visitor(site.superset.address).enter("drh", "faux").me() is None
    for path in ("/api/v1/dashboard/", "/api/v1/chart/", "/api/v1/dashboard/synthese"):
        assert site.visitor().ask(path).status in (401, 403, 404)


def seen(visitor: Visitor, dataset: int) -> set[tuple[str, str]]:
    return {(row["territory"], row["scenario"]) for row in visitor.rows(dataset, ["territory", "scenario"], ["posts"])}


def test_each_role_sees_its_rows(visitors: dict[str, Visitor], datasets: dict[str, int]):
    allocation = datasets["allocation"]
    voted = {("Longwy", "Voté"), ("Grand Nancy", "Voté"), ("Département", "Voté")}
    assert seen(visitors["drh"], allocation) == voted | {("Longwy", "Essai")}
    assert seen(visitors["syndicat"], allocation) == voted
    assert seen(visitors["responsable.longwy"], allocation) == {("Longwy", "Voté")}
    assert seen(visitors["responsable.grand-nancy"], allocation) == {("Grand Nancy", "Voté")}


def test_the_column_of_a_rule_need_not_be_in_the_dataset(visitors: dict[str, Visitor], datasets: dict[str, int]):
    """The allocation's file does not list scenario_status; PostgreSQL has it, so the rule holds (test above)."""
    listed = {
        column["column_name"] for column in yaml.safe_load((ASSETS / "datasets/allocation.yaml").read_text())["columns"]
    }
    assert "scenario_status" not in listed
    for login, scenarios in (("drh", {"Voté", "Essai"}), ("syndicat", {"Voté"}), ("responsable.longwy", {"Voté"})):
        assert {
            row["scenario"] for row in visitors[login].rows(datasets["scenario"], ["scenario"], ["count"])
        } == scenarios


def test_what_leaves_as_csv_or_excel_obeys_the_same_rules(visitors: dict[str, Visitor], datasets: dict[str, int]):
    asked = {
        "datasource": {"id": datasets["allocation"], "type": "table"},
        "queries": [{"columns": ["territory", "scenario"], "metrics": ["posts"]}],
        "result_type": "full",
    }
    answer = visitors["responsable.longwy"].ask("/api/v1/chart/data", asked | {"result_format": "csv"})
    assert answer.status == 200
    assert answer.body.decode("utf-8-sig").splitlines() == ["Territoire;scenario;Postes après", "Longwy;Voté;3,5"]
    assert visitors["responsable.longwy"].ask("/api/v1/chart/data", asked | {"result_format": "xlsx"}).body[:2] == b"PK"


def test_a_dataset_that_was_not_given_is_refused(visitors: dict[str, Visitor], datasets: dict[str, int]):
    note = datasets["direction_only"]
    assert visitors["drh"].rows(note, ["note"]) == [{"note": "note interne"}]
    for login in READERS[1:]:
        assert visitors[login].figures(note, ["note"]).status == 403


def test_being_on_a_dashboard_does_not_give_the_dataset(visitors: dict[str, Visitor], datasets: dict[str, int]):
    """Superset alone lets whoever opens a dashboard query the datasets of its charts."""
    charts = visitors["admin"].ask("/api/v1/chart/").json["result"]
    chart = next(chart["id"] for chart in charts if chart["slice_name"] == "Notes de la direction")
    dashboard = visitors["admin"].ask("/api/v1/dashboard/synthese").json["result"]["id"]
    asked = {
        "datasource": {"id": datasets["direction_only"], "type": "table"},
        "queries": [{"columns": ["note"]}],
        "form_data": {"dashboardId": dashboard, "slice_id": chart},
        "result_format": "json",
        "result_type": "full",
    }
    assert visitors["drh"].ask("/api/v1/chart/data", asked).status == 200
    assert visitors["syndicat"].ask("/api/v1/dashboard/synthese").status == 200
    assert visitors["syndicat"].ask("/api/v1/chart/data", asked).status == 403


ATTACKS = (
    "query_to_xml('SELECT posts_final FROM published.allocation', true, true, '')",
    "ts_stat('SELECT to_tsvector(scenario) FROM published.allocation')",
    "(SELECT max(posts_final) FROM published.allocation)",
    "pg_read_file('/etc/passwd')",
    "now()",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_reader_brings_no_sql_along(visitors: dict[str, Visitor], datasets: dict[str, int], attack: str):
    allocation, reader = datasets["allocation"], visitors["responsable.longwy"]
    label = {"label": attack, "hasCustomLabel": True}
    simple = {**label, "expressionType": "SIMPLE", "sqlExpression": attack}
    own = {**label, "expressionType": "SQL", "sqlExpression": attack}
    count = {"label": attack, "expressionType": "SIMPLE", "aggregate": "COUNT", "column": {"column_name": "territory"}}
    for answer in (
        reader.figures(allocation, [attack], ["posts"]),
        reader.figures(allocation, [attack], [count]),
        reader.figures(allocation, [simple], ["posts"]),
        reader.figures(allocation, [own]),
        reader.figures(allocation, ["territory"], [own]),
        reader.figures(allocation, ["territory"], ["posts"], orderby=[[own, True]]),
        reader.figures(allocation, ["territory"], ["posts"], filters=[{"col": own, "op": "IS NOT NULL"}]),
        reader.figures(allocation, ["territory"], ["posts"], extras={"where": f"({attack}) IS NOT NULL"}),
        reader.figures(allocation, ["territory"], ["posts"], extras={"having": f"({attack}) IS NOT NULL"}),
        reader.figures(
            allocation, ["territory"], ["posts"], series_limit=1, series_columns=["territory"], series_limit_metric=own
        ),
    ):
        assert answer.status in (400, 403), answer.body[:300]


def test_superset_alone_would_run_it(visitors: dict[str, Visitor], datasets: dict[str, int]):
    """Administrators pass the guard, so this is the way a reader's expression would go without it."""
    own = {"label": "x", "expressionType": "SQL", "sqlExpression": "now()"}
    assert visitors["admin"].figures(datasets["allocation"], [own], ["posts"]).status == 200


def test_sql_that_a_saved_chart_holds_still_draws(visitors: dict[str, Visitor], datasets: dict[str, int]):
    mean = {"expressionType": "SQL", "sqlExpression": "AVG(posts_final)", "label": "Moyenne", "hasCustomLabel": True}
    axis = {"columnType": "BASE_AXIS", "sqlExpression": "territory", "label": "territory", "expressionType": "SQL"}
    rows = visitors["responsable.longwy"].rows(datasets["allocation"], [axis], [mean])
    assert rows == [{"territory": "Longwy", "Moyenne": 3.5}]


def test_a_map_draws_and_obeys(visitors: dict[str, Visitor], datasets: dict[str, int]):
    """Maps still ask through the older address."""
    form = {
        "viz_type": "deck_geojson",
        "datasource": f"{datasets['place']}__table",
        "geojson": "geometry",
        "row_limit": 100,
        "adhoc_filters": [],
    }

    def draw(login: str, **more: object) -> tuple[int, int]:
        answer = visitors[login].ask("/superset/explore_json/", {"form_data": json.dumps(form | more)}, form=True)
        return answer.status, len(answer.json["data"]["features"]) if answer.status == 200 else 0

    assert draw("syndicat") == (200, 2)
    assert draw("responsable.longwy") == (200, 1)
    where = [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "now() IS NOT NULL"}]
    assert draw("responsable.longwy", adhoc_filters=where)[0] in (400, 403)
    assert draw("responsable.longwy", geojson={"label": "x", "sqlExpression": "now()", "expressionType": "SQL"})[0] in (
        400,
        403,
    )


FORBIDDEN = (
    "/sqllab/",
    "/explore/?slice_id=1",
    "/api/v1/dataset/",
    "/api/v1/database/",
    "/api/v1/query/",
    "/api/v1/log/",
    "/api/v1/security/users/",
    "/api/v1/security/roles/",
    "/api/v1/rowlevelsecurity/",
    "/api/v1/report/",
    "/api/v1/assets/export/",
    "/api/v1/chart/export/?q=!(1)",
    "/api/v1/dashboard/export/?q=!(1)",
    "/tablemodelview/list/",
    "/rowlevelsecurity/list/",
)


def test_readers_only_read(visitors: dict[str, Visitor], datasets: dict[str, int]):
    for login in READERS:
        reader = visitors[login]
        for path in FORBIDDEN:
            answer = reader.ask(path)
            assert answer.status in (401, 403, 404), (login, path, answer.status)
        sql = {"database_id": 1, "sql": "SELECT 1", "client_id": "abcdefghij", "runAsync": False}
        for path, method, body in (
            ("/api/v1/sqllab/execute/", "POST", sql),
            (
                "/api/v1/chart/",
                "POST",
                {
                    "slice_name": "x",
                    "datasource_id": datasets["scenario"],
                    "datasource_type": "table",
                    "viz_type": "table",
                },
            ),
            ("/api/v1/chart/1", "PUT", {"slice_name": "x"}),
            ("/api/v1/dashboard/", "POST", {"dashboard_title": "x"}),
            ("/api/v1/dashboard/1", "PUT", {"dashboard_title": "x"}),
            ("/api/v1/dashboard/1", "DELETE", None),
            ("/api/v1/dataset/", "POST", {"database": 1, "schema": "published", "table_name": "scenario"}),
            ("/api/v1/explore/form_data", "POST", {"datasource_id": 1, "datasource_type": "table", "form_data": "{}"}),
            ("/api/v1/security/guest_token/", "POST", {"resources": [], "rls": [], "user": {"username": "x"}}),
        ):
            assert reader.ask(path, body, method).status in (401, 403, 404), (login, path)
        assert reader.ask("/api/v1/dashboard/").json["count"] == 1


def test_nobody_is_logged_by_name(site: Site, visitors: dict[str, Visitor]):
    visitors["syndicat"].ask("/superset/dashboard/synthese/")
    logs = visitors["admin"].ask("/api/v1/log/?q=(page_size:100)").json["result"]
    assert logs
    assert not any(row.get("user") for row in logs)
    assert "syndicat" not in (site.home / "superset" / "superset.log").read_text("utf-8")


def run_sql(admin: Visitor, sql: str) -> tuple[int, str]:
    asked = {
        "database_id": 1,
        "sql": sql,
        "client_id": str(time.monotonic_ns())[-10:],
        "runAsync": False,
        "schema": "published",
    }
    answer = admin.ask("/api/v1/sqllab/execute/", asked)
    return answer.status, answer.body.decode()


def test_an_administrator_of_superset_is_none_of_postgresql(site: Site, visitors: dict[str, Visitor]):
    admin = visitors["admin"]
    owner = site.engine.url.set(drivername="postgresql+psycopg2").render_as_string()
    own = admin.ask("/api/v1/database/1/connection").json["result"]["sqlalchemy_uri"]
    for uri in (
        owner,
        own.replace("/workload?", "/superset?"),
        own.replace("/workload?", "/postgres?"),
        "sqlite:////etc/passwd",
        "postgresql://u:p@127.0.0.1:5432/x",
        "shillelagh://",
    ):
        body = {"database_name": "autre", "sqlalchemy_uri": uri, "configuration_method": "sqlalchemy_form"}
        assert admin.ask("/api/v1/database/", body).status in (400, 403, 422), uri
        assert admin.ask("/api/v1/database/test_connection/", body).status in (400, 403, 422), uri
    assert admin.ask("/api/v1/database/").json["count"] == 1

    assert run_sql(admin, "SELECT count(*) AS n FROM published.scenario")[0] == 200
    for sql in ("SELECT * FROM core.secret", "CREATE TABLE published.x (a int)", "SELECT pg_read_file('/etc/passwd')"):
        status, said = run_sql(admin, sql)
        assert status != 200, sql
        assert "confidentiel" not in said, sql


def test_arguments_of_a_connection_cannot_change_who_connects(site: Site, visitors: dict[str, Visitor]):
    admin = visitors["admin"]
    extra = {"engine_params": {"connect_args": {"user": "postgres", "options": "-c default_transaction_read_only=off"}}}
    admin.ask("/api/v1/database/1", {"extra": json.dumps(extra)}, "PUT")
    status, said = run_sql(admin, "SELECT * FROM core.secret")
    assert status != 200
    assert "confidentiel" not in said
    admin.ask("/api/v1/database/1", {"extra": json.dumps({"allows_virtual_table_explore": True})}, "PUT")


def test_whoever_has_the_role_but_no_territory_sees_none(
    site: Site, visitors: dict[str, Visitor], datasets: dict[str, int]
):
    admin = visitors["admin"]
    roles = admin.ask("/api/v1/security/roles/?q=(page_size:100)").json
    role = next(
        number
        for number, found in zip(roles["ids"], roles["result"], strict=True)
        if found["name"] == "Responsable de territoire"
    )
    body = {
        "username": "sans",
        "first_name": "S",
        "last_name": "T",
        "email": "s@invalid.fr",
        "active": True,
        "roles": [role],
        "password": "Un-mot-de-passe-42",
    }
    made = admin.ask("/api/v1/security/users/", body)
    assert made.status == 201, made.body
    reader = Visitor(site.superset.address).enter("sans", "Un-mot-de-passe-42")
    assert reader.me() == "sans"
    assert seen(reader, datasets["allocation"]) == set()
    assert {row["scenario"] for row in reader.rows(datasets["scenario"], ["scenario"], ["count"])} == {"Voté"}


def test_dashboards_go_in_and_out_unchanged(site: Site, visitors: dict[str, Visitor]):
    home = locate_superset(ensure_roles(site.engine, site.home), site.home)
    files = {path: path.read_bytes() for path in site.assets.rglob("*.yaml")}
    assert export_assets(home, site.assets) == []
    assert {path: path.read_bytes() for path in site.assets.rglob("*.yaml")} == files
    empty = site.home / "exported"
    assert set(export_assets(home, empty)) == {
        *("dashboards/synthese.yaml", "datasets/allocation.yaml", "datasets/direction_only.yaml"),
        *("charts/postes-par-territoire.yaml", "charts/postes-en-barres.yaml", "charts/notes-de-la-direction.yaml"),
    }
    again = by_uuid(empty)
    assert {uuid: document for uuid, document in by_uuid(site.assets).items() if uuid in again} == again
    assert "sqlalchemy_uri" not in "".join(path.read_text("utf-8") for path in empty.rglob("*.yaml"))


def by_uuid(folder: Path) -> dict[str, object]:
    documents = [yaml.safe_load(path.read_text("utf-8")) for path in folder.rglob("*.yaml")]
    for document in documents:
        for column in document.get("columns", []):
            column.update({"groupby": True, "filterable": True} | column)
        document.get("columns", []).sort(key=lambda column: column["column_name"])
    return {document["uuid"]: document for document in documents}


def test_what_a_person_edits_shows_in_one_file(site: Site, visitors: dict[str, Visitor]):
    home = locate_superset(ensure_roles(site.engine, site.home), site.home)
    charts = visitors["admin"].ask("/api/v1/chart/").json["result"]
    chart = next(chart["id"] for chart in charts if chart["slice_name"] == "Postes en barres")
    before = (site.assets / "charts" / "barres.yaml").read_text("utf-8").splitlines()
    assert visitors["admin"].ask(f"/api/v1/chart/{chart}", {"slice_name": "Postes, en barres"}, "PUT").status == 200
    assert export_assets(home, site.assets) == ["charts/barres.yaml"]
    after = (site.assets / "charts" / "barres.yaml").read_text("utf-8").splitlines()
    assert [line for line in after if line not in before] == ["slice_name: Postes, en barres"]
    assert prepare(site.engine, home, load_people(DEMO, site.home).persons, site.assets)
    assert export_assets(home, site.assets) == []


def test_nothing_changed_nothing_prepared(site: Site):
    began = time.monotonic()
    with superset_running(site.engine, site.home, port=PORT, people=DEMO, assets=site.assets) as again:
        took_s = time.monotonic() - began
        assert not again.prepared
        assert again.address != site.superset.address
        assert again.passwords == {}
        assert Visitor(again.address).enter("drh", site.superset.passwords["drh"]).me() == "drh"
    assert not psutil.pid_exists(again.pid)
    print(f"second start: {took_s:.1f} s, first: {site.started_s:.1f} s")
    assert took_s < site.started_s
    assert Visitor(site.superset.address).ask("/health").status == 200


def test_rights_are_what_the_files_say(
    site: Site, visitors: dict[str, Visitor], datasets: dict[str, int], tmp_path: Path
):
    """A rule added by hand goes at the next preparation; a new person gets her rows and no others."""
    rule = {
        "name": "À la main",
        "filter_type": "Regular",
        "clause": "1 = 1",
        "group_key": "territory_id",
        "tables": [datasets["allocation"]],
        "roles": [],
    }
    assert visitors["admin"].ask("/api/v1/rowlevelsecurity/", rule).status == 201
    people = yaml.safe_load(DEMO.read_text("utf-8"))
    people.append(
        {"login": "responsable.toul", "first_name": "R", "last_name": "T", "role": "responsable", "territory": "toul"}
    )
    path = tmp_path / "personnes.yaml"
    path.write_text(yaml.safe_dump(people), "utf-8")
    home = locate_superset(ensure_roles(site.engine, site.home), site.home)
    more = load_people(path, site.home)
    assert prepare(site.engine, home, more.persons, site.assets)
    assert set(more.told()) == {"responsable.toul"}
    reader = Visitor(site.superset.address).enter("responsable.toul", more.told()["responsable.toul"])
    assert reader.me() == "responsable.toul"
    assert seen(reader, datasets["allocation"]) == set()
    rules = visitors["admin"].ask("/api/v1/rowlevelsecurity/?q=(page_size:100)").json["result"]
    assert "À la main" not in {found["name"] for found in rules}


def test_a_query_written_as_a_dataset_is_refused(site: Site, tmp_path: Path):
    assets = tmp_path / "assets"
    shutil.copytree(site.assets, assets)
    virtual = {
        "table_name": "virtuelle",
        "schema": "published",
        "sql": "SELECT 1 AS a",
        "uuid": "7a000000-0000-4000-8000-0000000000ff",
        "columns": [],
    }
    (assets / "datasets" / "virtuelle.yaml").write_text(yaml.safe_dump(virtual))
    home = locate_superset(ensure_roles(site.engine, site.home), site.home)
    with pytest.raises(ServiceError, match="virtuelle") as error:
        prepare(site.engine, home, load_people(DEMO, site.home).persons, assets)
    assert error.value.code == "service_superset_not_prepared"


def test_new_tables_show_once_the_cache_forgets(site: Site, visitors: dict[str, Visitor], datasets: dict[str, int]):
    def scenarios() -> set[str]:
        return {row["scenario"] for row in visitors["syndicat"].rows(datasets["scenario"], ["scenario"], ["count"])}

    before = scenarios()
    with site.engine.begin() as connection:
        connection.execute(text("INSERT INTO published.scenario VALUES ('published', 'Nouveau')"))
    assert scenarios() == before
    forget_figures(site.home)
    assert scenarios() == before | {"Nouveau"}


@pytest.mark.parametrize("key", ["", "court", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET_KEY"])
def test_it_does_not_start_with_a_weak_secret(site: Site, key: str):
    home = locate_superset(ensure_roles(site.engine, site.home), site.home)
    given = environment(home) | {"WORKLOAD_SUPERSET_SECRET_KEY": key}
    done = subprocess.run([home.python, "-c", "import superset_config"], env=given, capture_output=True, text=True)
    assert done.returncode == 1
    assert "WORKLOAD_SUPERSET_SECRET_KEY" in done.stderr.splitlines()[-1]
