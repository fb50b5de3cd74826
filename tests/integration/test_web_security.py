"""Attacks on the pages and the API, each as somebody would try it."""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import ValidationError
from sqlalchemy import URL

from tests.integration.web_site import BASE, CSRF, PASSWORD, Site, new_site
from workload.errors import RequestError
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, change_account, make_account, reset_password, set_active
from workload.store.api_tokens import make_token
from workload.store.engine import StoreError
from workload.web.access import Account, Action, needs
from workload.web.addresses import own_page
from workload.web.identity import COOKIE
from workload.web.settings import WebOptions

pytestmark = pytest.mark.integration
SECRET_DATA = "Longwy-agent-A17-37h50"


def trial_router() -> APIRouter:
    """Routes that stand for those to come: each way in which a request can name a territory or fail."""
    router = APIRouter()
    importer = Annotated[Account, needs(Action.IMPORT_SHEETS)]

    @router.get("/essai/lire/{territory}")
    def read(territory: str, account: importer) -> str:
        return territory

    @router.get("/essai/lire")
    def query(account: importer, territory: str = "") -> str:
        return territory

    @router.post("/essai/envoyer")
    def send(account: importer, territory: Annotated[str, Form()] = "") -> str:
        return territory

    @router.post("/essai/fichiers")
    def files(account: importer, file: Annotated[UploadFile, File()], territory: Annotated[str, Form()] = "") -> int:
        return len(file.file.read())

    @router.post("/api/v1/essai")
    def api(account: importer, body: dict[str, Any]) -> dict[str, Any]:
        return body

    @router.get("/essai/panne")
    def fail(account: Annotated[Account, needs(Action.OWN_ACCOUNT)]) -> None:
        raise ValueError(SECRET_DATA)

    @router.get("/api/v1/essai/panne")
    def fail_api(account: importer) -> None:
        raise ValueError(SECRET_DATA)

    @router.get("/essai/base")
    def database(account: importer) -> None:
        raise StoreError("store_lost", where="serveur/base")

    @router.get("/essai/inconnu")
    def unknown(account: importer) -> None:
        raise RequestError("scenario_unknown", id="<script>x")

    @router.get("/essai/adresse")
    def address(request: Request, account: importer) -> str:
        return str(request.url)

    return router


@pytest.fixture(scope="module")
def site(server: URL) -> Iterator[Site]:
    with new_site(server, largest_upload_mb=1, largest_body_kb=16) as made:
        made.app.router.routes.extend(trial_router().routes)
        yield made


@pytest.fixture(autouse=True)
def _calm(site: Site):
    site.calm()


def knock(site: Site, login: str, password: str, **more: Any):
    return site.browser().form("/connexion", {"login": login, "password": password} | more)


# Sessions


def test_a_session_planted_beforehand_is_not_kept(site: Site):
    account = site.account()
    browser = site.browser()
    browser.cookies.set(COOKIE, "choisi-par-l-attaquant", domain="127.0.0.1", path="/")
    done = browser.form("/connexion", {"login": account.login, "password": PASSWORD})
    assert done.status_code == 303
    assert "choisi" not in done.headers["set-cookie"]
    attacker = site.browser()
    attacker.cookies.set(COOKIE, "choisi-par-l-attaquant", domain="127.0.0.1", path="/")
    assert attacker.get("/").status_code == 303


def test_a_session_of_the_attacker_does_not_become_the_victims(site: Site):
    account, attacker = site.account(), site.account()
    theirs = site.entered(attacker)
    victim = site.browser()
    victim.csrf = CSRF.search(victim.get("/connexion").text)[1]  # the form was open when the cookie was planted
    victim.cookies.set(COOKIE, theirs.cookies[COOKIE], domain="127.0.0.1", path="/")
    assert victim.form("/connexion", {"login": account.login, "password": PASSWORD}).status_code == 403
    assert theirs.get("/api/v1/me").json()["login"] == attacker.login


def test_entering_again_ends_the_session_the_browser_had(site: Site):
    account = site.account()
    browser = site.entered(account)
    old = browser.cookies[COOKIE]
    done = browser.form("/connexion", {"login": account.login, "password": PASSWORD})
    assert done.status_code == 303
    other = site.browser()
    other.cookies.set(COOKIE, old, domain="127.0.0.1", path="/")
    assert other.get("/").status_code == 303


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 43, "x" * 5000, "'; DROP TABLE core.account; --", "a\x00b", "é" * 20, "null"]
)
def test_a_forged_cookie_is_nobody(site: Site, cookie: str):
    answer = site.browser().get("/", headers={"cookie": f"{COOKIE}={cookie}".encode("utf-8", "replace")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


def test_a_cookie_with_one_letter_changed_is_nobody(site: Site):
    browser = site.entered(site.account())
    cookie = browser.cookies[COOKIE]
    browser.cookies.set(COOKIE, cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), domain="127.0.0.1", path="/")
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "column", ["expires_at = now() - interval '1 second'", "last_seen_at = now() - interval '31 minutes'"]
)
def test_an_old_or_idle_session_is_over(site: Site, column: str):
    account = site.account()
    browser = site.entered(account)
    assert browser.get("/").status_code == 200
    site.sql(f"UPDATE core.web_session SET {column} WHERE account_id = :id", id=account.id)
    assert browser.get("/").status_code == 303


def test_use_keeps_a_session_from_idling_but_not_from_ageing(site: Site):
    account = site.account()
    browser = site.entered(account)
    site.sql(
        "UPDATE core.web_session SET last_seen_at = now() - interval '20 minutes' WHERE account_id = :id", id=account.id
    )
    browser.get("/")
    row = site.sql(
        "SELECT now() - last_seen_at < interval '1 minute' AS seen, expires_at - created_at AS age FROM core.web_session WHERE account_id = :id",
        id=account.id,
    )[0]
    assert row.seen
    assert row.age.total_seconds() <= 10 * 3600 + 1


@pytest.mark.parametrize(
    "change",
    [
        lambda site, account: set_active(site.engine, account.id, active=False, by="test"),
        lambda site, account: change_account(
            site.engine, account.id, NewAccount(account.login, "x", Role.MANAGER, "briey"), "test"
        ),
        lambda site, account: reset_password(site.engine, account.id, "test"),
        lambda site, account: site.sql(
            "UPDATE core.account SET role = 'direction', territory = '', version = version + 1 WHERE id = :id",
            id=account.id,
        ),
    ],
    ids=["closed", "other territory", "password reset", "role, by hand"],
)
def test_a_change_of_rights_ends_the_session_at_once(site: Site, change: Any):
    account = site.account(Role.MANAGER)
    browser = site.entered(account)
    assert browser.get("/essai/lire/longwy").status_code == 200
    change(site, account)
    assert browser.get("/essai/lire/longwy").status_code == 303
    assert browser.get("/api/v1/me").status_code == 401


def test_secure_cookies_and_transport_where_we_are_https(server: URL):
    with new_site(server, base_url="https://charge.example.fr") as secure:
        account = secure.account()
        browser = secure.browser()
        browser.base_url = "https://charge.example.fr"
        done = browser.form("/connexion", {"login": account.login, "password": PASSWORD})
        assert done.status_code == 303
        assert "Secure" in done.headers["set-cookie"]
        assert "max-age=" in done.headers["strict-transport-security"]
        # Behind a proxy that ends TLS we see http; a form from the public address is still ours.
        proxied = secure.browser()
        proxied.base_url = "http://charge.example.fr"
        account = secure.entered(secure.account())
        headers = {"host": "charge.example.fr", "origin": "https://charge.example.fr"}
        assert account.form("/langue", {"language": "fr"}, headers=headers).status_code == 303


# Forms from elsewhere


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": "x" * 43}, {}),
        ({"csrf": "é"}, {}),
        ({}, {"x-csrf-token": "faux"}),
        ("right", {"origin": "https://ailleurs.example"}),
        ("right", {"origin": "null"}),
        ("right", {"origin": BASE + ".ailleurs.example"}),
        ("right", {"sec-fetch-site": "cross-site"}),
        ("right", {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_does_nothing(site: Site, data: Any, headers: dict[str, str]):
    account = site.account()
    browser = site.entered(account)
    sent = {"csrf": browser.csrf} if data == "right" else data
    assert browser.post("/deconnexion", data=sent, headers=headers).status_code == 403
    assert browser.get("/").status_code == 200


def test_the_token_of_another_session_does_not_serve(site: Site):
    mine, other = site.entered(site.account()), site.entered(site.account())
    assert mine.post("/deconnexion", data={"csrf": other.csrf}).status_code == 403


def test_nobody_is_entered_as_somebody_else_by_a_foreign_form(site: Site):
    account = site.account()
    data = {"login": account.login, "password": PASSWORD}
    assert site.browser().post("/connexion", data=data).status_code == 403
    browser = site.browser()
    token = CSRF.search(site.browser().get("/connexion").text)[1]  # the attacker's own
    browser.get("/connexion")
    assert browser.post("/connexion", data=data | {"csrf": token}).status_code == 403


def test_the_api_with_a_cookie_needs_the_token_and_with_a_token_does_not(site: Site):
    account = site.account()
    browser = site.entered(account)
    assert browser.post("/api/v1/essai", json={}).status_code == 403
    assert browser.post("/api/v1/essai", json={}, headers={"x-csrf-token": browser.csrf}).status_code == 200
    assert site.program(account, "import").post("/api/v1/essai", json={}).status_code == 200
    refused = browser.post(
        "/api/v1/essai", json={}, headers={"authorization": "Bearer faux", "x-csrf-token": browser.csrf}
    )
    assert refused.status_code == 401


# Addresses and headers


@pytest.mark.parametrize(
    "asked",
    [
        "https://ailleurs.example",
        "//ailleurs.example",
        "/\\ailleurs.example",
        "\\\\ailleurs.example",
        "/\t/ailleurs.example",
        "javascript:alert(1)",
        " /x",
        "/x\r\nSet-Cookie: a=b",
        "",
        "x",
        "/" + "a" * 600,
        "http:/x",
        "/\x7f",
    ],
)
def test_next_leads_to_our_own_pages_only(site: Site, asked: str):
    assert own_page(asked) == "/"
    account = site.account()
    done = knock(site, account.login, PASSWORD, next=asked)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert site.entered(account).get("/connexion", params={"next": asked}).headers["location"] == "/"


@pytest.mark.parametrize(
    "host",
    [
        "ailleurs.example",
        "127.0.0.1.ailleurs.example",
        "",
        "ailleurs.example:8000",
        "127.0.0.1@ailleurs.example",
        "localhost.ailleurs.example",
    ],
)
def test_a_foreign_host_is_refused(site: Site, host: str):
    answer = site.browser().get("/connexion", headers={"host": host})
    assert answer.status_code == 400
    assert "ailleurs" not in answer.text


def test_forwarded_headers_are_not_believed(site: Site):
    browser = site.entered(site.account())
    headers = {
        "x-forwarded-host": "ailleurs.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=ailleurs.example",
        "x-original-url": "/administration/comptes",
        "x-rewrite-url": "/administration/comptes",
    }
    assert "ailleurs" not in browser.get("/essai/adresse", headers=headers).text
    assert "administration" not in browser.get("/essai/adresse", headers=headers).text


def test_nothing_from_a_request_becomes_a_header(site: Site):
    browser = site.browser()
    asked = browser.get("/administration/journal?actor=x%0d%0aSet-Cookie:%20a=b")
    assert "\n" not in asked.headers["location"]
    assert "a=b" not in asked.headers.get("set-cookie", "")
    assert "set-cookie" not in browser.form("/langue", {"language": "fr\r\nSet-Cookie: a=b"}).headers


@pytest.mark.parametrize("path", ["/", "/connexion", "/nulle-part", "/api/v1/me", "/static/style.css", "/sante"])
def test_every_answer_carries_the_headers_that_browsers_hold_to(site: Site, path: str):
    headers = site.browser().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert path.startswith("/static/") or headers["cache-control"] == "no-store"


@pytest.mark.parametrize("header", ["x-http-method-override", "x-method-override", "x-http-method"])
def test_a_method_is_what_it_is(site: Site, header: str):
    browser = site.entered(site.account(Role.ADMINISTRATION))
    token = {"x-csrf-token": browser.csrf}
    assert browser.post("/api/v1/tokens/1", headers={header: "DELETE"} | token).status_code == 405
    assert browser.get("/deconnexion", headers={header: "POST"}).status_code == 405
    assert browser.get("/deconnexion", params={"_method": "POST"}).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/..\\app.py",
        "/static/",
    ],
)
def test_static_files_are_those_of_their_folder(site: Site, path: str):
    answer = site.browser(raising=False).get(path)
    assert answer.status_code in (404, 405)
    assert "create_app" not in answer.text


# Guessing


def test_whether_a_login_exists_cannot_be_told(site: Site):
    known, closed = site.account(), site.account()
    set_active(site.engine, closed.id, active=False, by="test")
    site.sql("UPDATE core.account SET password_hash = NULL WHERE id = :id", id=(without := site.account()).id)
    answers = [
        knock(site, login, "mot de passe faux")
        for login in (known.login, "personne", closed.login, without.login, "", "é" * 30)
    ]
    answers.append(knock(site, closed.login, PASSWORD))
    assert {answer.status_code for answer in answers} == {401}
    assert len({CSRF.sub("", answer.text) for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"set-cookie"})) for answer in answers}) == 1


def test_an_unknown_login_takes_as_long(site: Site):
    def longest(login: str) -> float:
        found = []
        for _ in range(3):
            start = time.perf_counter()
            knock(site, login, "mot de passe faux")
            found.append(time.perf_counter() - start)
        return min(found)

    known, unknown = longest(site.account().login), longest("personne")
    assert 0.4 < known / unknown < 2.5


def test_guessing_is_slowed(site: Site):
    account = site.account()
    for _ in range(5):
        assert knock(site, account.login, "mot de passe faux").status_code == 401
    refused = knock(site, account.login, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 31
    assert knock(site, account.login.upper(), PASSWORD).status_code == 429
    assert knock(site, site.account().login, PASSWORD).status_code == 303  # another person, same office
    site.sql("UPDATE core.login_attempt SET at = at - interval '31 seconds'")
    assert knock(site, account.login, "mot de passe faux").status_code == 401
    assert int(knock(site, account.login, PASSWORD).headers["retry-after"]) > 31  # the wait doubles
    site.sql("UPDATE core.login_attempt SET at = at - interval '61 seconds'")
    assert knock(site, account.login, PASSWORD).status_code == 303
    assert knock(site, account.login, "mot de passe faux").status_code == 401  # forgiven: counts from one again


def test_an_unknown_login_is_slowed_alike(site: Site):
    assert [knock(site, "personne.d.ici", "x").status_code for _ in range(6)] == [401] * 5 + [429]


def test_one_address_that_tries_many_logins_is_slowed(site: Site):
    site.sql(
        "INSERT INTO core.login_attempt (login_hash, address_hash) SELECT 'l' || n, :address FROM generate_series(1, 60) AS n",
        address=site.web.sign("address", "testclient"),
    )
    assert knock(site, site.account().login, PASSWORD).status_code == 429


def test_attempts_at_once_are_not_more_guesses(site: Site):
    account = site.account()
    browsers = [site.browser() for _ in range(16)]
    for browser in browsers:
        browser.csrf = CSRF.search(browser.get("/connexion").text)[1]
    with ThreadPoolExecutor(16) as pool:
        done = pool.map(
            lambda b: b.form("/connexion", {"login": account.login, "password": "faux faux faux"}), browsers
        )
        statuses = sorted(answer.status_code for answer in done)
    assert statuses == [401] * 5 + [429] * 11


def test_failures_are_counted_and_unknown_logins_not_quoted(site: Site, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    account = site.account()
    knock(site, account.login, "mot de passe faux")
    knock(site, "mon-mot-de-passe-par-erreur", "x")
    known, unknown = site.audit("login_failed")[-2:]
    assert (known.actor, unknown.actor) == (account.login, "inconnu")
    assert known.details == {"recent": 1}
    kept = (
        str(site.sql("SELECT * FROM core.audit_event"))
        + str(site.sql("SELECT * FROM core.login_attempt"))
        + caplog.text
    )
    assert "par-erreur" not in kept
    assert "testclient" not in str(site.sql("SELECT * FROM core.login_attempt"))


# Another's territory


@pytest.mark.parametrize(
    "ask",
    [
        lambda b: b.get("/essai/lire/briey"),
        lambda b: b.get("/essai/lire?territory=briey"),
        lambda b: b.get("/essai/lire?territory=longwy&territory=briey"),
        lambda b: b.get("/essai/lire?territoire=briey"),
        lambda b: b.get("/essai/lire/longwy?territory=briey"),
        lambda b: b.get("/essai/lire?territory=LONGWY"),
        lambda b: b.get("/essai/lire?territory=*"),
        lambda b: b.form("/essai/envoyer", {"territory": "briey"}),
        lambda b: b.form("/essai/envoyer", {"territory": ["longwy", "briey"]}),
        lambda b: b.form("/essai/envoyer?territory=briey", {"territory": "longwy"}),
        lambda b: b.form("/essai/fichiers", {"territory": "briey"}, files={"file": ("x.xlsx", b"x")}),
        lambda b: b.post("/api/v1/essai", json={"territory": "briey"}, headers={"x-csrf-token": b.csrf}),
        lambda b: b.post(
            "/api/v1/essai", json={"cells": [{"territory_id": "briey"}]}, headers={"x-csrf-token": b.csrf}
        ),
        lambda b: b.post("/api/v1/essai", json={"territories": ["longwy", "briey"]}, headers={"x-csrf-token": b.csrf}),
    ],
)
def test_a_manager_does_not_reach_another_territory(site: Site, ask: Any):
    assert ask(site.entered(site.account(Role.MANAGER))).status_code == 403
    assert ask(site.entered(site.account(Role.DIRECTION))).status_code == 200


def test_a_manager_reaches_her_own(site: Site):
    browser = site.entered(site.account(Role.MANAGER))
    assert browser.get("/essai/lire/longwy").status_code == 200
    assert browser.form("/essai/envoyer", {"territory": "longwy"}).status_code == 200
    sent = browser.post("/api/v1/essai", json={"territories": ["longwy"]}, headers={"x-csrf-token": browser.csrf})
    assert sent.status_code == 200


def test_a_program_of_a_manager_does_not_reach_another_territory(site: Site):
    program = site.program(site.account(Role.MANAGER), "import")
    assert program.post("/api/v1/essai", json={"territory": "longwy"}).status_code == 200
    assert program.post("/api/v1/essai", json={"territory": "briey"}).status_code == 403


# Tokens


def test_a_token_does_what_its_scopes_say_and_its_account_may(site: Site):
    direction, administration = site.account(Role.DIRECTION), site.account(Role.ADMINISTRATION)
    assert site.program(direction, "read:published").post("/api/v1/essai", json={}).status_code == 403
    assert site.program(direction, "import").post("/api/v1/essai", json={}).status_code == 200
    assert site.program(direction, "admin").get("/api/v1/health").status_code == 403  # the account may not
    assert site.program(administration, "admin").get("/api/v1/health").status_code == 200
    for path in ("/api/v1/tokens",):
        assert site.program(direction, "scenario").get(path).status_code == 403  # no token makes tokens


@pytest.mark.parametrize(
    "change", ["revoked_at = now()", "expires_at = now() - interval '1 second'", "token_sha256 = repeat('0', 64)"]
)
def test_a_token_ends(site: Site, change: str):
    account = site.account()
    program = site.program(account, "import")
    assert program.post("/api/v1/essai", json={}).status_code == 200
    site.sql(f"UPDATE core.api_token SET {change} WHERE account_id = :id", id=account.id)
    assert program.post("/api/v1/essai", json={}).status_code == 401


def test_a_token_follows_its_account(site: Site):
    account = site.account(Role.DIRECTION)
    program = site.program(account, "import")
    change_account(site.engine, account.id, NewAccount(account.login, "x", Role.UNION), "test")
    assert program.post("/api/v1/essai", json={}).status_code == 403
    set_active(site.engine, account.id, active=False, by="test")
    assert program.post("/api/v1/essai", json={}).status_code == 401
    set_active(site.engine, account.id, active=True, by="test")
    assert program.post("/api/v1/essai", json={}).status_code == 401  # cut for good


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", "Basic eDp5", "Bearer " + "x" * 300, "bearer é", "Bearer a b"])
def test_a_wrong_token_is_nobody(site: Site, header: str):
    assert site.browser().get("/api/v1/me", headers={"authorization": header.encode()}).status_code == 401


def test_one_does_not_withdraw_the_token_of_another(site: Site):
    mine, other = site.account(), site.account()
    make_token(site.engine, other, "autre", ["import"], 1)
    number = site.sql("SELECT id FROM core.api_token WHERE account_id = :id", id=other.id)[0].id
    browser = site.entered(mine)
    assert browser.delete(f"/api/v1/tokens/{number}", headers={"x-csrf-token": browser.csrf}).status_code == 404
    assert browser.form(f"/compte/jetons/{number}/retirer").status_code == 404
    asked = {"name": "x", "scopes": ["admin"], "days": 1}
    assert browser.post("/api/v1/tokens", json=asked, headers={"x-csrf-token": browser.csrf}).status_code == 400


# Sizes


def test_a_body_that_is_too_large_is_refused_with_a_sentence(site: Site):
    browser = site.entered(site.account())
    large = {"file": ("x.xlsx", b"x" * 900_000)}
    assert browser.form("/essai/fichiers", files=large).json() == 900_000
    refused = browser.form("/essai/fichiers", files={"file": ("x.xlsx", b"x" * 1_200_000)})
    assert refused.status_code == 413
    assert "dépasse la taille permise" in refused.text
    assert browser.form("/essai/envoyer", {"territory": "x" * 20_000}).status_code == 413
    large_json = browser.post("/api/v1/essai", json={"x": "y" * 20_000}, headers={"x-csrf-token": browser.csrf})
    assert (large_json.status_code, large_json.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_is_counted_as_it_comes(site: Site):
    """Without Content-Length, or with one that lies."""
    browser = site.entered(site.account())
    sent = []

    def parts() -> Iterator[bytes]:
        for _ in range(200):
            sent.append(1)
            yield b"x" * 10_000

    headers = {"x-csrf-token": browser.csrf, "content-type": "application/json"}
    assert browser.post("/api/v1/essai", content=parts(), headers=headers).status_code == 413
    assert browser.post("/api/v1/essai", content=parts(), headers=headers | {"content-length": "5"}).status_code == 413


def test_nobody_sends_files_before_entering(site: Site):
    for client in (site.browser(), site.entered(site.account(Role.UNION))):
        refused = client.post("/essai/fichiers", files={"file": ("x", b"x" * 100_000)})
        assert refused.status_code in (403, 413)


def test_headers_that_are_too_large_are_refused(site: Site):
    assert site.browser().get("/connexion", headers={"x": "y" * 20_000}).status_code == 431
    assert site.browser().get("/connexion?next=/" + "a" * 3000).status_code == 200


@pytest.mark.parametrize(
    "content", [b"{", b"[" * 10_000, b"\xff\xfe", b'{"territory": {"a": [[[[]]]]}}', b"null", b'"x"']
)
def test_json_that_is_none_is_refused_without_quoting_it(site: Site, content: bytes):
    program = site.program(site.account(), "import")
    answer = program.post("/api/v1/essai", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400, 422)
    assert "input" not in answer.text


def test_a_body_that_trickles_is_cut(server: URL):
    """A real server and a real connection that announces a form and never ends it."""
    import uvicorn

    with new_site(server, body_seconds=1, base_url="http://127.0.0.1") as slow, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        service = uvicorn.Server(uvicorn.Config(slow.app, log_level="critical", access_log=False))
        thread = threading.Thread(target=service.run, kwargs={"sockets": [free]}, daemon=True)
        thread.start()
        while not service.started:
            time.sleep(0.02)
        with socket.create_connection(free.getsockname(), timeout=10) as connection:
            connection.sendall(
                b"POST /connexion HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 408")
        service.should_exit = True
        thread.join(10)


@pytest.mark.parametrize(
    "odd", ["\0", "a\0b", "\ud800", "9" * 40, "' OR 1=1 --", "\u202e", "%00", "{x}", "{{ 7*7 }}"], ids=range(9)
)
def test_odd_letters_and_numbers_are_refused_not_failed_on(site: Site, odd: str):
    quoted = "".join(f"%{byte:02x}" for byte in odd.encode("utf-8", "surrogatepass"))
    form = {"content-type": "application/x-www-form-urlencoded"}
    browser = site.browser()
    browser.csrf = CSRF.search(browser.get("/connexion").text)[1]
    for field in ("login", "password", "next"):
        answer = browser.post("/connexion", content=f"csrf={browser.csrf}&{field}={quoted}", headers=form)
        assert answer.status_code in (400, 401, 429), field
    inside = site.entered(site.account(Role.ADMINISTRATION))
    for path in (f"journal?actor={quoted}", f"journal?before={quoted}", f"comptes/{quoted}", quoted):
        assert inside.get(f"/administration/{path}").status_code in (200, 400, 404), path
    for field in ("login", "name", "email", "territory"):
        body = f"csrf={inside.csrf}&role=responsable&login=x.y&name=x&territory=x&{field}={quoted}"
        assert inside.post("/administration/comptes", content=body, headers=form).status_code in (200, 400), field
    asked = json.dumps({"name": odd, "scopes": ["admin"]})
    headers = {"x-csrf-token": inside.csrf, "content-type": "application/json"}
    assert inside.post("/api/v1/tokens", content=asked, headers=headers).status_code in (201, 400, 422)


def test_every_page_of_ours_stands_in_both_languages(site: Site):
    account = site.account(Role.ADMINISTRATION)
    pages = ("comptes", f"comptes/{account.id}", "sessions", "journal", "sante", "conservation")
    for language in ("fr", "en"):
        browser = site.entered(account)
        browser.form("/langue", {"language": language})
        for path in ("/compte", "/api/v1", *(f"/administration/{page}" for page in pages)):
            page = browser.get(path)
            assert page.status_code == 200
            assert f'<html lang="{language}"' in page.text


# Failures


def test_a_failure_tells_a_reference_and_nothing_else(site: Site, caplog: pytest.LogCaptureFixture):
    browser = site.entered(site.account())
    for path in ("/essai/panne", "/api/v1/essai/panne"):
        caplog.clear()
        answer = browser.get(path)
        assert answer.status_code == 500
        assert SECRET_DATA not in answer.text + caplog.text
        assert "Traceback" not in answer.text + caplog.text
        reference = re.search(r"failure ([0-9a-f]{8}): GET", caplog.text)[1]
        assert reference in answer.text
        assert "ValueError" in caplog.text
    english = browser.get("/essai/panne", headers={"cookie": f"{COOKIE}={browser.cookies[COOKIE]}; workload_langue=en"})
    assert "Something went wrong" in english.text


def test_a_database_that_is_away_is_told_as_such(site: Site, monkeypatch: pytest.MonkeyPatch):
    from sqlalchemy.exc import OperationalError

    def lost(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed"))

    monkeypatch.setattr("workload.web.identity.find_session", lost)
    answer = site.entered(site.account()).get("/")
    assert answer.status_code == 503
    assert "base de données ne répond pas" in answer.text


def test_errors_of_ours_have_their_sentence(site: Site):
    browser = site.entered(site.account())
    unknown = browser.get("/essai/inconnu")
    assert unknown.status_code == 404
    assert "&lt;script&gt;x" in unknown.text
    assert "<script>x" not in unknown.text
    lost = browser.get("/essai/base")
    assert lost.status_code == 503
    assert "serveur/base" not in lost.text


def test_names_are_escaped(site: Site):
    made = make_account(site.engine, NewAccount("piege", "<img src=x onerror=alert(1)>", Role.UNION), "test")
    page = site.entered(site.account(Role.ADMINISTRATION)).get(f"/administration/comptes/{made.id}").text
    assert "<img src=x" not in page
    assert "<img src=x" not in site.entered(site.account(Role.ADMINISTRATION)).get("/administration/comptes").text


# Settings


@pytest.mark.parametrize(
    "options",
    [
        {"secret": "court"},
        {"secret": "changeme-changeme-changeme-changeme"},
        {"secret": "a" * 64},
        {"oidc_client_secret": "changeme-42-changeme"},
        {"oidc_client_secret": "abcdefgh"},
        {"base_url": "charge.example.fr"},
        {"base_url": "https://moi@charge.example.fr"},
        {"longest_hours": 100},
    ],
)
def test_weak_settings_are_refused(options: dict[str, Any]):
    with pytest.raises(ValidationError) as caught:
        WebOptions(**options)
    assert not any(str(value) in str(caught.value) for name, value in options.items() if "secret" in name)


def test_settings_do_not_print_their_secrets():
    options = WebOptions(secret="Xy7" + "qr5t8k2w9z" * 3, oidc_client_secret="mot-tres-long-et-varie-42")
    assert "qr5t8k2w9z" not in repr(options)
    assert "varie" not in repr(options)
