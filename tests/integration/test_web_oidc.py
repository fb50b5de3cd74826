"""Entering with a directory: a real OpenID provider in its own process and environment, and every way to cheat it."""

import base64
import hmac
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import URL

from tests.integration.web_site import BASE, Browser, Site, new_site
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, find_login, make_account, set_active
from workload.web import oidc
from workload.web.identity import COOKIE

ENVIRONMENT = Path(__file__).parents[2] / ".venv-oidc"
PROGRAM = ENVIRONMENT / "bin" / "oidc-provider-mock"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PROGRAM.exists(), reason="no .venv-oidc: make oidc-env"),
]
CLIENT, SECRET = "charge-de-travail", "un-secret-long-et-varie-42"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PATH": os.defpath, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONWARNINGS": "ignore"}
    command = [str(PROGRAM), "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                assert httpx.get(f"{address}/.well-known/openid-configuration").status_code == 200
                break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            pytest.fail("the provider does not answer")
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def site(server: URL, issuer: str) -> Iterator[Site]:
    options = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with new_site(server, **options) as made:
        yield made


def person(issuer: str, subject: str, **claims: Any) -> str:
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
    return subject


def authorized(address: str, subject: str) -> str:
    """What the directory sends the browser back to, once the person has said yes."""
    answer = httpx.post(address, data={"sub": subject}, follow_redirects=False)
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


def enter(site: Site, subject: str, back_to: str = "/compte") -> tuple[Browser, httpx.Response]:
    browser = site.browser()
    begun = browser.get("/connexion/oidc", params={"next": back_to})
    assert begun.status_code == 303
    return browser, browser.get(authorized(begun.headers["location"], subject))


def test_an_account_that_was_prepared_is_found_by_its_verified_address(site: Site, issuer: str):
    make_account(site.engine, NewAccount("ana", "Ana", Role.UNION, "", "Ana@example.fr"), "test", with_password=False)
    assert "Entrer avec" in site.browser().get("/connexion").text
    browser, done = enter(site, person(issuer, "ana-1", email="ana@example.fr", email_verified=True))
    assert (done.status_code, done.headers["location"]) == (303, "/compte")
    assert browser.get("/api/v1/me").json()["login"] == "ana"
    assert find_login(site.engine, "ana").oidc_subject == "ana-1"
    assert site.audit("account_linked")[-1].object == "ana"
    assert site.audit("login")[-1].details == {"by": "directory"}
    # From then on by what the directory calls her, whatever her address has become.
    assert enter(site, person(issuer, "ana-1", email="autre@example.fr", email_verified=True))[1].status_code == 303
    # Somebody else with the same address is somebody else.
    assert enter(site, person(issuer, "ana-2", email="ana@example.fr", email_verified=True))[1].status_code == 403


def test_leaving_goes_through_the_directory(site: Site, issuer: str):
    make_account(site.engine, NewAccount("lea", "Léa", Role.UNION, "", "lea@example.fr"), "test", with_password=False)
    browser, _ = enter(site, person(issuer, "lea-1", email="lea@example.fr", email_verified=True))
    browser.csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get("/compte").text)[1]
    left = browser.form("/deconnexion").headers["location"]
    assert left.startswith(f"{issuer}/oauth2/end_session?")
    assert parse_qs(urlsplit(left).query)["post_logout_redirect_uri"] == [f"{BASE}/connexion"]
    assert browser.get("/").status_code == 303
    assert f"form-action 'self' {issuer};" in browser.get("/connexion").headers["content-security-policy"]


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "prepare@example.fr"},
        {"email": "prepare@example.fr", "email_verified": False},
        {"email": "prepare@example.fr", "email_verified": "true"},
        {"email": "inconnu@example.fr", "email_verified": True},
        {"email": "", "email_verified": True},
        {"groups": ["drh"], "email": "nouveau@example.fr", "email_verified": True},
    ],
)
def test_nobody_else_gets_in(site: Site, issuer: str, claims: dict[str, Any]):
    if find_login(site.engine, "prepare") is None:
        new = NewAccount("prepare", "Préparé", Role.DIRECTION, "", "prepare@example.fr")
        make_account(site.engine, new, "test", with_password=False)
    before = site.sql("SELECT count(*) FROM core.account")[0][0]
    browser, done = enter(site, person(issuer, f"autre-{abs(hash(str(claims)))}", **claims))
    assert done.status_code == 403
    assert COOKIE not in browser.cookies
    assert "prepare@" not in done.text
    assert site.sql("SELECT count(*) FROM core.account")[0][0] == before


def test_a_closed_account_stays_out(site: Site, issuer: str):
    new = NewAccount("ferme", "Fermé", Role.UNION, "", "ferme@example.fr")
    made = make_account(site.engine, new, "test", with_password=False)
    subject = person(issuer, "ferme-1", email="ferme@example.fr", email_verified=True)
    assert enter(site, subject)[1].status_code == 303
    set_active(site.engine, made.id, active=False, by="test")
    assert enter(site, subject)[1].status_code == 403


def test_groups_make_accounts_only_where_they_are_mapped(server: URL, issuer: str):
    roles = {"drh": "direction", "longwy": "responsable:longwy", "pirates": "chef"}
    options = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_group_roles": roles}
    with new_site(server, **options) as site:
        # The provider puts every claim that a scope gives in userinfo; groups come with none: told in the token.
        claims = {"email_verified": True, "groups": ["longwy"], "iss": issuer, "sub": "g-1", "email": "resp@example.fr"}
        from workload.store.directory import account_for

        row = account_for(site.engine, claims, "groups", roles)
        assert (row.role, row.territory, row.login) == ("responsable", "longwy", "resp@example.fr")
        for groups in (["drh", "longwy"], ["pirates"], ["autres"], "drh", None, [{}]):
            other = claims | {"groups": groups, "sub": f"g-{groups}", "email": "x@example.fr"}
            assert account_for(site.engine, other, "groups", roles) is None, groups
        unverified = claims | {"sub": "g-9", "email": "y@example.fr", "email_verified": False}
        assert account_for(site.engine, unverified, "groups", roles) is None


# Cheating


def begun(site: Site) -> tuple[Browser, str, dict[str, str]]:
    browser = site.browser()
    address = browser.get("/connexion/oidc").headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return browser, address, asked


def test_what_is_asked_holds_state_nonce_and_challenge(site: Site):
    _, _, asked = begun(site)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert min(map(len, (asked["state"], asked["nonce"], asked["code_challenge"]))) >= 43
    assert asked["redirect_uri"] == f"{BASE}/connexion/oidc/retour"
    assert SECRET not in str(asked)


@pytest.mark.parametrize(
    "change", ["state", "no state", "no cookie", "cookie", "error", "no code", "other issuer", "code"]
)
def test_an_answer_that_does_not_fit_lets_nobody_in(site: Site, issuer: str, change: str):
    subject = person(issuer, "triche", email="triche@example.fr", email_verified=True)
    browser, address, _ = begun(site)
    back = urlsplit(authorized(address, subject))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    match change:
        case "state":
            query["state"] = "x" * 43
        case "no state":
            del query["state"]
        case "no cookie":
            browser.cookies.clear()
        case "cookie":
            kept = browser.cookies["workload_oidc"]
            browser.cookies.clear()
            browser.cookies.set("workload_oidc", "A" + kept[1:], domain="127.0.0.1", path=back.path)
        case "error":
            query["error"] = "access_denied"
        case "no code":
            del query["code"]
        case "other issuer":
            query["iss"] = "https://ailleurs.example"
        case "code":
            query["code"] = "x" * 40
    answer = browser.get(f"{back.path}?{urlencode(query)}")
    assert answer.status_code == 401
    assert COOKIE not in browser.cookies


def test_an_answer_counts_once_and_in_the_browser_that_asked(site: Site, issuer: str):
    new = NewAccount("une.fois", "Une", Role.UNION, "", "une@example.fr")
    make_account(site.engine, new, "test", with_password=False)
    subject = person(issuer, "une-1", email="une@example.fr", email_verified=True)
    browser, address, _ = begun(site)
    back = authorized(address, subject)
    assert site.browser().get(back).status_code == 401
    other, _, _ = begun(site)
    assert other.get(back).status_code == 401
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401


def test_an_old_answer_is_too_late(site: Site, issuer: str, monkeypatch: pytest.MonkeyPatch):
    subject = person(issuer, "tard", email="x@example.fr", email_verified=True)
    browser, address, _ = begun(site)
    back = authorized(address, subject)
    now = time.time()
    monkeypatch.setattr(oidc.time, "time", lambda: now + 301)
    assert browser.get(back).status_code == 401


OURS, THEIRS = RSAKey.generate_key(2048, parameters={"kid": "k"}), RSAKey.generate_key(2048, parameters={"kid": "k"})


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"nonce": "autre"}, False),
        ({"nonce": None}, False),
        ({"aud": "autre-client"}, False),
        ({"aud": [CLIENT, "autre"], "azp": "autre"}, False),
        ({"iss": "https://ailleurs.example"}, False),
        ({"exp": 1_000_000_000}, False),
        ({"sub": None}, False),
        ({"key": "theirs"}, False),
        ({"alg": "none"}, False),
        ({"alg": "HS256"}, False),
    ],
)
def test_the_token_is_checked_whole(
    site: Site, issuer: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], fits: bool
):
    keys = KeySet([OURS]).as_dict(private=False)
    described = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
    monkeypatch.setattr(oidc, "_kept_json", lambda address, _when: keys)
    now = int(time.time())
    claims = {"iss": issuer, "sub": "x", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": "n"}
    claims |= {name: value for name, value in change.items() if name not in ("key", "alg")}
    claims = {name: value for name, value in claims.items() if value is not None}
    match change.get("alg"):
        case "none":
            signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, OURS).rsplit(".", 1)[0] + "."
            head = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
            signed = f"{head}.{signed.split('.')[1]}."
        case "HS256":  # signed with our public key as if it were a shared secret
            said = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k"}, claims))
            signed = f"{said}.{encoded(hmac.digest(OURS.as_pem(private=False), said.encode(), 'sha256'))}"
        case _:
            signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, THEIRS if change.get("key") else OURS)
    answer = {"id_token": signed, "access_token": "a"}
    if fits:
        assert oidc._checked(site.web, described, answer, "n")["sub"] == "x"
    else:
        with pytest.raises(oidc.DirectoryError):
            oidc._checked(site.web, described, answer, "n")


def test_a_directory_that_is_silent_is_told_without_details(server: URL):
    options = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": CLIENT}
    with new_site(server, **options) as site:
        answer = site.browser().get("/connexion/oidc")
        assert answer.status_code == 401
        assert "127.0.0.1:9" not in answer.text


def test_there_is_no_directory_unless_it_is_set(server: URL):
    with new_site(server) as site:
        for path in ("/connexion/oidc", "/connexion/oidc/retour?code=x&state=y"):
            assert site.browser().get(path).status_code == 404
