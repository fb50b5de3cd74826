"""Superset with the account of the web app: who gets in, with which rows, and everything that must not let in."""

import base64
import json
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from tests.integration.superset_client import Answer
from tests.integration.superset_entry_site import PASSWORD, PROJECT_HAS_SUPERSET, Person, Place, both
from workload.services.people import the_owner
from workload.services.superset_entry import COOKIE, KEY_FILE, LIFE
from workload.services.superset_home import locate_superset
from workload.services.superset_setup import prepare
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, change_account, set_active
from workload.store.roles import ensure_roles
from workload.web.dashboards import superset_path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PROJECT_HAS_SUPERSET, reason="Superset's environment is missing: make superset-env"),
]
PORT = 18188
DASHBOARD = "/superset/dashboard/synthese/"
VOTED = {("Longwy", "Voté"), ("Grand Nancy", "Voté"), ("Département", "Voté")}
SEEN = {
    "drh": VOTED | {("Longwy", "Essai")},
    "syndicat": VOTED,
    "responsable.longwy": {("Longwy", "Voté")},
    "responsable.grand-nancy": {("Grand Nancy", "Voté")},
    "admin": VOTED | {("Longwy", "Essai"), ("Longwy", "Brouillon")},
}


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with both(PORT) as found:
        yield found


@pytest.fixture(scope="module")
def people(place: Place) -> dict[str, Person]:
    found = {login: place.person(login) for login in SEEN}
    for person in found.values():
        person.open(DASHBOARD)
    return found


@pytest.fixture(scope="module")
def allocation(people: dict[str, Person]) -> int:
    found = people["admin"].ask("/api/v1/dataset/").json["result"]
    return next(one["id"] for one in found if one["table_name"] == "allocation")


def header(answer: Answer, name: str) -> str:
    return next((value for known, value in answer.headers.items() if known.lower() == name), "")


def rows(person: Person, dataset: int) -> set[tuple[str, str]]:
    return {(row["territory"], row["scenario"]) for row in person.rows(dataset, ["territory", "scenario"], ["posts"])}


def users(people: dict[str, Person]) -> set[str]:
    found = people["admin"].ask("/api/v1/security/users/?q=(page_size:100)").json["result"]
    return {one["username"] for one in found}


# --- Entering


def test_each_role_opens_its_dashboard_with_its_rows(place: Place, people: dict[str, Person], allocation: int):
    """No list of people was given: users, roles and territories' rules were made as each of them entered."""
    print(f"start: {place.started_s:.1f} s")
    assert place.superset.passwords == {}
    assert (place.home / KEY_FILE).stat().st_mode & 0o777 == 0o600
    for login, person in people.items():
        assert person.me() == login
        answer = person.ask(DASHBOARD)
        assert (answer.status, answer.url) == (200, place.superset.address + DASHBOARD)
        assert rows(person, allocation) == SEEN[login], login
    assert users(people) == {*SEEN, "_workload"}


def test_the_page_asked_for_first_is_the_one_that_opens(place: Place):
    """From nowhere: Superset → the web app → its login page → Superset, with every part of the address."""
    person = place.visitor()
    wanted = f"{DASHBOARD}?standalone=2&native_filters_key=abc"
    page = person.ask(wanted)
    assert page.url.startswith(f"{place.address}/connexion?next=")
    back = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)["next"][0]
    csrf = page.body.decode().split('name="csrf" value="')[1].split('"')[0]
    answer = person.ask_web("/connexion", {"csrf": csrf, "login": "drh", "password": PASSWORD, "next": back})
    assert (answer.status, answer.url) == (200, place.superset.address + wanted)
    assert person.me() == "drh"


def test_an_address_that_the_front_end_did_not_quote_is_kept_whole(place: Place):
    person = place.person("drh")
    wanted = f"{place.superset.address}{DASHBOARD}?standalone=2&native_filters_key=abc"
    assert person.ask(f"/login?next={wanted}").url == wanted


FOREIGN = (
    "https://exemple.org/",
    "//exemple.org/",
    "/\\exemple.org",
    "\\\\exemple.org",
    "http:exemple.org",
    "javascript:alert(1)",
    "http://127.0.0.1:1/",
    "/%0d%0aSet-Cookie:x=1",
    "/\tx",
    "/login/?next=/login/",
    "/logout/",
    "",
)


@pytest.mark.parametrize("asked", FOREIGN)
def test_no_address_leads_elsewhere(place: Place, asked: str):
    welcome = place.superset.address + "/superset/welcome/"
    given = urllib.parse.quote(urllib.parse.unquote(asked), safe="")
    for answer in (
        place.person("drh").ask_web(f"/tableaux/entrer?next={given}"),
        place.person("drh").ask(f"/login/?next={given}"),
    ):
        assert answer.url.removesuffix("/") == welcome.removesuffix("/")
    assert superset_path(urllib.parse.unquote(asked)) == "/superset/welcome/"


# --- What must not let in


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"iss": "workload", "aud": "superset", "sub": "intrus", "role": "direction", "territory": "", "version": 1}
    return given | {"iat": now, "exp": now + 300} | more


def unsigned(said: dict[str, Any]) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in ({"alg": "none"}, said)
    ]
    return ".".join([*parts, ""])


WRONG: dict[str, Any] = {
    "expired": {"exp": 1_700_000_000},
    "never expires": {"exp": None},
    "not yet": {"iat": 4_000_000_000},
    "other audience": {"aud": "workload"},
    "several audiences": {"aud": ["superset", "workload"]},
    "other issuer": {"iss": "superset"},
    "unknown role": {"role": "Admin"},
    "role that is none": {"role": ["direction"]},
    "manager of nothing": {"role": "responsable"},
    "direction of a territory": {"territory": "longwy"},
    "territory with a quote": {"role": "responsable", "territory": "x' OR '1'='1"},
    "territory too long": {"role": "responsable", "territory": "a" * 80},
    "no version": {"version": None},
    "version in words": {"version": "1"},
    "nobody": {"sub": ""},
}


def refused(person: Person) -> bool:
    landed = person.ask(f"/login/?next={DASHBOARD}&retour=1")
    return landed.status == 403 and person.me() is None and person.ask("/api/v1/dashboard/").status in (401, 403)


@pytest.mark.parametrize("why", list(WRONG))
def test_a_token_that_does_not_hold_is_refused(place: Place, people: dict[str, Person], why: str):
    said = {name: value for name, value in claims(**WRONG[why]).items() if value is not None}
    token = jwt.encode({"alg": "HS256"}, said, OctKey.import_key(place.key))
    assert refused(place.bearing(token)), why
    assert "intrus" not in users(people)


def test_a_forged_token_is_refused(place: Place, people: dict[str, Person]):
    good = place.token("drh")
    head, body, mark = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(sub="drh")).encode()).rstrip(b"=").decode()
    superset_key = (place.home / "superset" / "secret-key").read_text()
    for token in (
        unsigned(claims()),
        unsigned(claims(sub="drh")),
        jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key("x" * 64)),
        jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key(superset_key)),
        f"{head}.{other}.{mark}",
        f"{head}.{body}.",
        "x",
        "",
    ):
        assert refused(place.bearing(token)), token
    assert not refused(place.bearing(jwt.encode({"alg": "HS256"}, claims(sub="drh"), OctKey.import_key(place.key))))
    assert "intrus" not in users(people)


def test_no_password_lets_in(place: Place, people: dict[str, Person]):
    admin = people["admin"]
    role = admin.ask("/api/v1/security/roles/?q=(page_size:100)").json["ids"][0]
    body = {"username": "local", "first_name": "L", "last_name": "L", "email": "l@invalid.fr", "active": True}
    made = admin.ask("/api/v1/security/users/", body | {"roles": [role], "password": "Un-mot-de-passe-42"})
    assert made.status == 201, made.body
    typed = {"username": "local", "password": "Un-mot-de-passe-42", "provider": "db", "refresh": True}
    visitor = place.visitor()
    assert visitor.ask("/api/v1/security/login", typed).status == 401
    assert visitor.ask("/login/", typed, form=True).status in (400, 405)
    assert visitor.me() is None


def test_a_session_without_the_cookie_or_with_anothers_is_nobodys(place: Place):
    person = place.person("drh")
    person.open(DASHBOARD)
    session = person.cookies()["workload_superset_session"]
    assert place.visitor().put("workload_superset_session", session).me() is None
    for other in ("admin", "syndicat"):
        assert place.bearing(place.token(other)).put("workload_superset_session", session).me() is None
    assert place.bearing(place.token("drh")).put("workload_superset_session", session).me() == "drh"


# --- Ending


def test_leaving_the_web_app_ends_superset(place: Place):
    person = place.person("syndicat")
    person.open(DASHBOARD)
    kept = person.cookies()
    csrf = person.ask_web("/tableaux").body.decode().split('name="csrf" value="')[1].split('"')[0]
    assert person.me() == "syndicat"
    person.ask_web("/deconnexion", {"csrf": csrf})
    assert not {COOKIE, "workload_superset_session", "workload_session"} & set(person.cookies())
    assert person.me() is None
    assert person.ask(DASHBOARD).url.startswith(f"{place.address}/connexion")
    assert kept[COOKIE]


def test_whoever_enters_finds_nothing_of_the_one_before(place: Place):
    person = place.person("drh")
    person.open(DASHBOARD)
    person.jar.clear("127.0.0.1", "/", "workload_session")  # her session ended without her leaving
    csrf = person.ask_web("/connexion").body.decode().split('name="csrf" value="')[1].split('"')[0]
    person.ask_web("/connexion", {"csrf": csrf, "login": "syndicat", "password": PASSWORD, "next": "/"})
    assert not {COOKIE, "workload_superset_session"} & set(person.cookies())
    person.open(DASHBOARD)
    assert person.me() == "syndicat"


def test_leaving_superset_says_that_the_web_app_is_still_open(place: Place):
    person = place.person("syndicat")
    person.open(DASHBOARD)
    answer = person.ask("/logout/")
    assert answer.url == f"{place.address}/tableaux?sorti=1"
    assert "Vous avez quitté Superset" in answer.body.decode()
    assert COOKIE not in person.cookies()
    assert person.me() is None


def test_the_cookie_ends_superset_as_it_ends(place: Place):
    person = place.bearing(place.token("drh", until=time.time() + 3))
    person.open(f"/login/?next={DASHBOARD}")
    assert person.me() == "drh"
    time.sleep(3.5)
    assert person.me() is None
    assert person.ask(DASHBOARD).url.startswith(f"{place.address}/connexion")


def test_a_changed_role_ends_the_session_and_no_old_cookie_brings_it_back(place: Place, allocation: int):
    account = place.make("mobile", Role.DIRECTION)
    person = place.person("mobile")
    person.open(DASHBOARD)
    before = person.cookies()
    assert rows(person, allocation) == SEEN["drh"]

    change_account(place.engine, account.id, NewAccount("mobile", "Personne", Role.MANAGER, "longwy"), "test")
    assert person.ask_web("/tableaux").url.startswith(f"{place.address}/connexion")
    assert person.put(COOKIE, place.token("mobile")).me() is None  # a new cookie beside the old session

    again = place.person("mobile")
    again.open(DASHBOARD)
    assert again.me() == "mobile"
    assert rows(again, allocation) == SEEN["responsable.longwy"]

    old = place.visitor()
    for name, value in before.items():
        old.put(name, value)
    assert old.me() is None
    assert refused(place.bearing(before[COOKIE]))
    assert rows(again, allocation) == SEEN["responsable.longwy"]


def test_a_closed_account_gets_no_new_cookie(place: Place):
    account = place.make("partante", Role.UNION)
    person = place.person("partante")
    person.open(DASHBOARD)
    set_active(place.engine, account.id, False, "test")
    person.jar.clear("127.0.0.1", "/", COOKIE)
    assert person.me() is None
    assert person.ask(DASHBOARD).url.startswith(f"{place.address}/connexion")


def test_renewed_while_in_use_and_no_longer_than_the_session(place: Place):
    person = place.person("syndicat")
    answer = person.ask_web("/tableaux/renouveler")
    assert (answer.status, header(answer, "cross-origin-resource-policy")) == (204, "cross-origin")

    def expires() -> int:
        said: dict[str, int] = jwt.decode(person.cookies()[COOKIE], OctKey.import_key(place.key)).claims
        return said["exp"]

    assert abs(expires() - time.time() - LIFE.total_seconds()) < 5
    with place.engine.begin() as connection:
        soon = "UPDATE core.web_session SET expires_at = now() + interval '1 minute' WHERE account_id = :id"
        connection.execute(text(soon), {"id": place.account("syndicat").id})
    person.ask_web("/tableaux/renouveler")
    assert abs(expires() - time.time() - 60) < 5
    page = place.person("drh").ask(DASHBOARD)
    assert f'data-to="{place.address}/tableaux/renouveler"' in page.body.decode()
    assert f"connect-src 'self' {place.address};" in header(page, "content-security-policy")


# --- Rights


def test_rights_changed_by_hand_in_superset_give_nothing(place: Place, people: dict[str, Person], allocation: int):
    admin, person = people["admin"], place.person("responsable.longwy")
    person.open(DASHBOARD)
    found = admin.ask("/api/v1/security/users/?q=(page_size:100)").json["result"]
    number = next(one["id"] for one in found if one["username"] == "responsable.longwy")
    roles = admin.ask("/api/v1/security/roles/?q=(page_size:100)").json
    names = {one["name"]: number for number, one in zip(roles["ids"], roles["result"], strict=True)}
    assert admin.ask(f"/api/v1/security/users/{number}", {"roles": [names["Direction RH"]]}, "PUT").status == 200
    assert person.me() is None
    person.open(DASHBOARD)
    assert rows(person, allocation) == SEEN["responsable.longwy"]


def test_a_territory_without_its_rule_shows_nothing(place: Place, people: dict[str, Person], allocation: int):
    """The role alone opens no row; entering makes both anew."""
    admin, person = people["admin"], place.person("responsable.grand-nancy")
    person.open(DASHBOARD)
    rules = admin.ask("/api/v1/rowlevelsecurity/?q=(page_size:100)").json["result"]
    base = next(one for one in rules if one["name"] == "allocation : rien sinon")
    kept = [role["id"] for role in base["roles"] if not role["name"].startswith("Territoire")]
    assert len(kept) < len(base["roles"])
    own = next(one["id"] for one in rules if one["name"].startswith("Territoire grand_nancy"))
    assert admin.ask(f"/api/v1/rowlevelsecurity/?q=!({own})", method="DELETE").status == 200
    changed = {"roles": kept, "tables": [allocation]}
    assert admin.ask(f"/api/v1/rowlevelsecurity/{base['id']}", changed, "PUT").status in (200, 201)
    assert rows(person, allocation) == set()
    person.ask(f"/login/?next={DASHBOARD}")
    assert rows(person, allocation) == SEEN["responsable.grand-nancy"]


def test_preparing_again_keeps_everybodys_rights(place: Place, people: dict[str, Person], allocation: int):
    file = place.assets / "charts" / "barres.yaml"
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    home = locate_superset(ensure_roles(place.published, place.home), place.home, entry=place.address)
    assert prepare(place.published, home, the_owner(place.home).persons, place.assets)
    assert not prepare(place.published, home, the_owner(place.home).persons, place.assets)
    for login, person in people.items():
        assert rows(person, allocation) == SEEN[login], login


# --- Within a page of ours


def test_a_dashboard_within_a_page_of_ours(place: Place):
    person = place.person("drh")
    page = person.ask_web("/tableaux/temps")
    assert f"frame-src {place.superset.address}" in header(page, "content-security-policy")
    assert "frame-src" not in header(person.ask_web("/tableaux"), "content-security-policy")
    assert header(page, "x-frame-options") == "DENY"
    source = page.body.decode().split('<iframe class="embed" src="')[1].split('"')[0]
    framed = person.ask(source.removeprefix(place.superset.address).replace("%2Ftemps%2F", "%2Fsynthese%2F"))
    assert framed.url == f"{place.superset.address}{DASHBOARD}?standalone=2"
    assert f"frame-ancestors 'self' {place.address}" in header(framed, "content-security-policy")
    assert not header(framed, "x-frame-options")
    assert person.ask_web("/tableaux/absent").status == 404


def test_a_frame_without_the_cookie_says_so(place: Place):
    """The web app itself is never shown within a frame, so Superset does not send one there."""
    visitor = place.visitor()
    visitor.opener.addheaders = [("Sec-Fetch-Dest", "iframe")]
    answer = visitor.ask(f"/login/?next={DASHBOARD}")
    assert answer.status == 401
    link = f'href="{place.address}/tableaux/entrer?next=%2Fsuperset%2Fdashboard%2Fsynthese%2F" target="_top"'
    assert link in answer.body.decode()
