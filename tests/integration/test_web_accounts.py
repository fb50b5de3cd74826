"""Entering, leaving, one's own account, the administration's accounts, tokens: what people do."""

import logging
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from tests.integration.web_site import PASSWORD, Site, new_site
from workload.errors import RequestError
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, change_account, find_login, make_account, set_active
from workload.store.audit import broken_at
from workload.store.passwords import check_password, draw_password
from workload.web.identity import COOKIE

pytestmark = pytest.mark.integration
NEW = "quatre mots bien choisis"


@pytest.fixture(scope="module")
def site(server: URL) -> Iterator[Site]:
    with new_site(server) as made:
        yield made


@pytest.fixture(autouse=True)
def _calm(site: Site):
    site.calm()


def enter(site: Site, login: str, password: str = PASSWORD, back_to: str = "/"):
    browser = site.browser()
    return browser, browser.form("/connexion", {"login": login, "password": password, "next": back_to})


def test_who_is_not_there_is_led_to_the_login_page_and_back(site: Site):
    account = site.account(Role.ADMINISTRATION)
    browser = site.browser()
    asked = browser.get("/administration/journal?actor=x")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/connexion?next=%2Fadministration%2Fjournal%3Factor%3Dx",
    )
    page = browser.get(asked.headers["location"])
    assert 'value="/administration/journal?actor=x"' in page.text
    done = browser.form(
        "/connexion", {"login": account.login, "password": PASSWORD, "next": "/administration/journal?actor=x"}
    )
    assert (done.status_code, done.headers["location"]) == (303, "/administration/journal?actor=x")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert browser.get("/administration/journal").status_code == 200


def test_a_login_is_found_in_any_case_and_entering_is_recorded(site: Site):
    account = site.account(login="Cas.Sensible")
    _, done = enter(site, "cas.SENSIBLE")
    assert done.status_code == 303
    assert site.audit("login")[-1].actor == account.login
    assert find_login(site.engine, account.login).last_login_at is not None


def test_leaving_ends_the_session_on_the_server(site: Site):
    account = site.account()
    browser = site.entered(account)
    cookie = browser.cookies[COOKIE]
    assert browser.form("/deconnexion").headers["location"] == "/connexion"
    browser.cookies.set(COOKIE, cookie, domain="127.0.0.1", path="/")
    assert browser.get("/").status_code == 303
    assert site.audit("logout")[-1].actor == account.login


def test_leaving_everywhere_ends_every_session(site: Site):
    account = site.account()
    first, second = site.entered(account), site.entered(account)
    first.form("/deconnexion", {"everywhere": "oui"})
    assert second.get("/").status_code == 303


def test_a_given_password_is_changed_before_anything_else(site: Site):
    made = make_account(site.engine, NewAccount("premiere.fois", "Première", Role.ADMINISTRATION), "test")
    browser, done = enter(site, "premiere.fois", made.password, "/administration/comptes")
    assert done.status_code == 303
    browser.csrf = ""
    asked = browser.get("/administration/comptes")
    assert (asked.status_code, asked.headers["location"]) == (303, "/compte")
    assert browser.get("/api/v1/me").status_code == 403
    page = browser.get("/compte")
    assert page.status_code == 200
    browser.csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    for new, again in (
        ("court", "court"),
        ("premiere.fois.42", "premiere.fois.42"),
        (NEW, NEW + "x"),
        ("motdepasse2024", "motdepasse2024"),
        (made.password, made.password),
    ):
        refused = browser.form("/compte/mot-de-passe", {"now": made.password, "new": new, "again": again})
        assert refused.status_code == 400, new
        assert 'role="alert"' in refused.text
        assert new not in refused.text
    assert browser.form("/compte/mot-de-passe", {"now": "faux", "new": NEW, "again": NEW}).status_code == 400
    old = browser.cookies[COOKIE]
    changed = browser.form("/compte/mot-de-passe", {"now": made.password, "new": NEW, "again": NEW})
    assert changed.status_code == 303
    assert browser.cookies[COOKIE] != old
    assert browser.get("/administration/comptes").status_code == 200
    assert enter(site, "premiere.fois", made.password)[1].status_code == 401
    assert enter(site, "premiere.fois", NEW)[1].status_code == 303


@pytest.mark.parametrize(
    ("password", "login", "code"),
    [
        ("onze lettre", "x.y", "password_length"),
        ("a" * 201, "x.y", "password_length"),
        ("c.martin-2024", "c.martin", "password_is_login"),
        ("aaaaaaaaaaaaaaa", "x.y", "password_too_known"),
        ("p4ssw0rd123456", "x.y", "password_too_known"),
        ("Conseil-départemental"[:7] + "depart" + "emental54", "conseildepartemental54", "password_is_login"),
        ("123456789012345", "x.y", "password_too_known"),
        ("Motdepasse-2026!", "x.y", "password_too_known"),
    ],
)
def test_passwords_that_may_not_be(password: str, login: str, code: str):
    with pytest.raises(RequestError) as caught:
        check_password(password, login)
    assert caught.value.code == code


def test_a_drawn_password_may_be_one():
    for _ in range(200):
        check_password(draw_password(), "admin")


def test_the_language_is_chosen_kept_and_follows_the_account(site: Site):
    account = site.account()
    browser = site.browser()
    assert '<html lang="fr">' in browser.get("/connexion").text
    assert '<html lang="en">' in browser.get("/connexion", headers={"accept-language": "en-GB,en;q=0.9"}).text
    done = browser.form("/langue", {"language": "en", "next": "/connexion"})
    assert done.headers["location"] == "/connexion"
    assert "Forgotten password" in browser.get("/connexion").text
    inside = site.entered(account)
    inside.form("/langue", {"language": "en"})
    assert '<html lang="en">' in site.entered(account).get("/compte").text


def test_the_administration_makes_changes_and_closes_accounts(site: Site):
    browser = site.entered(site.account(Role.ADMINISTRATION))
    given = {
        "login": "c.martin",
        "name": "Claire Martin",
        "role": "responsable",
        "territory": "longwy",
        "email": "c.martin@example.fr",
    }
    made = browser.form("/administration/comptes", given)
    assert made.status_code == 200
    password = re.search(r'class="secret">([^<]+)<', made.text)[1]
    row = find_login(site.engine, "c.martin")
    assert password not in browser.get(f"/administration/comptes/{row.id}").text
    assert enter(site, "c.martin", password)[1].status_code == 303
    for wrong in (
        {"login": "C.Martin"},
        {"login": "autre", "email": "C.MARTIN@example.fr"},
        {"login": "é"},
        {"login": "autre", "role": "chef"},
        {"login": "autre", "territory": ""},
    ):
        assert browser.form("/administration/comptes", given | wrong).status_code == 400, wrong
    changed = browser.form(f"/administration/comptes/{row.id}", given | {"territory": "briey"})
    assert changed.status_code == 303
    after = find_login(site.engine, "c.martin")
    assert (after.territory, after.version) == ("briey", row.version + 1)
    browser.form(f"/administration/comptes/{row.id}/fermer")
    assert enter(site, "c.martin", password)[1].status_code == 401
    browser.form(f"/administration/comptes/{row.id}/ouvrir")
    reset = browser.form(f"/administration/comptes/{row.id}/mot-de-passe")
    again = re.search(r'class="secret">([^<]+)<', reset.text)[1]
    assert enter(site, "c.martin", password)[1].status_code == 401
    assert enter(site, "c.martin", again)[1].status_code == 303
    assert browser.get("/administration/comptes/999999").status_code == 404
    assert [
        event.action for event in site.sql("SELECT action FROM core.audit_event WHERE object = 'c.martin' ORDER BY id")
    ] == ["account_made", "account_changed", "account_closed", "account_opened", "password_reset"]


def test_the_last_administrator_stays(server: URL):
    with new_site(server) as alone:
        only = alone.account(Role.ADMINISTRATION)
        for change in (
            lambda: set_active(alone.engine, only.id, active=False, by="test"),
            lambda: change_account(alone.engine, only.id, NewAccount(only.login, "x", Role.DIRECTION), "test"),
        ):
            with pytest.raises(RequestError, match="account_last_administrator"):
                change()
        alone.account(Role.ADMINISTRATION)
        set_active(alone.engine, only.id, active=False, by="test")


def test_sessions_are_listed_and_ended(site: Site):
    account = site.account(login="a.couper")
    other = site.entered(account)
    browser = site.entered(site.account(Role.ADMINISTRATION))
    page = browser.get("/administration/sessions").text
    mark = re.search(r"a\.couper</th>.*?/administration/sessions/([0-9a-f]{16})/couper", page, re.DOTALL)[1]
    browser.form(f"/administration/sessions/{mark}/couper")
    assert other.get("/").status_code == 303
    assert site.audit("session_ended")[-1].object == "a.couper"
    assert browser.form("/administration/sessions/x/couper").status_code == 303


def test_the_journal_is_paged_filtered_and_verified(site: Site):
    for _ in range(60):
        site.sql("SELECT 1")
    account = site.account(Role.ADMINISTRATION)
    browser = site.entered(account)
    for _ in range(55):
        browser.get("/")
    with site.engine.begin() as connection:
        from workload.store.audit import record

        for number in range(55):
            record(connection, "robot", "counted", str(number))
    page = browser.get("/administration/journal?actor=robot").text
    assert page.count("<td>robot</td>") == 50
    older = re.search(r'href="(/administration/journal\?[^"]+)"', page.split("</table>")[1])[1].replace("&amp;", "&")
    assert browser.get(older).text.count("<td>robot</td>") == 5
    assert "La chaîne est intacte" in browser.form("/administration/journal/verifier").text


def test_a_broken_chain_is_told(server: URL):
    with new_site(server) as other:
        browser = other.entered(other.account(Role.ADMINISTRATION))
        other.sql("ALTER TABLE core.audit_event DISABLE TRIGGER ALL")
        other.sql("UPDATE core.audit_event SET actor = 'autre' WHERE id = 1")
        assert "rompue à l’événement 1" in browser.form("/administration/journal/verifier").text


def test_health(site: Site):
    assert site.browser().get("/sante").text == "ok\n"
    browser = site.entered(site.account(Role.ADMINISTRATION))
    assert browser.get("/administration/sante").status_code == 200
    said = browser.get("/api/v1/health").json()
    assert said["revision"] == said["expected"]
    assert browser.get("/administration/conservation").status_code == 200


def test_tokens_are_made_shown_once_used_and_withdrawn(site: Site):
    account = site.account(Role.MANAGER)
    browser = site.entered(account)
    made = browser.form("/compte/jetons", {"name": "tableur", "scopes": ["read:published", "import"], "days": "30"})
    token = re.search(r'class="secret">([^<]+)<', made.text)[1]
    assert token not in browser.get("/compte").text
    program = site.browser()
    program.headers["authorization"] = f"Bearer {token}"
    me = program.get("/api/v1/me").json()
    assert (me["login"], me["scopes"]) == (account.login, ["import", "read:published"])
    assert "publish_scenario" not in me["actions"]
    assert program.get("/compte").status_code == 303  # pages are for people
    number = browser.get("/api/v1/tokens").json()[0]["id"]
    assert browser.delete(f"/api/v1/tokens/{number}", headers={"x-csrf-token": browser.csrf}).status_code == 204
    assert program.get("/api/v1/me").status_code == 401
    assert browser.form("/compte/jetons", {"name": "trop", "scopes": ["admin"]}).status_code == 400
    assert site.audit("token_made")[-1].details["scopes"] == ["import", "read:published"]


def test_the_api_describes_itself_without_an_outside_host(site: Site):
    described = site.browser().get("/api/v1/openapi.json").json()
    assert "/api/v1/me" in described["paths"]
    assert described["paths"]["/api/v1/me"]["get"]["security"] == [{"token": []}]
    assert not any(path.startswith("/administration") for path in described["paths"])
    page = site.browser().get("/api/v1").text
    assert "/api/v1/me" in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_nothing_secret_is_logged_or_printed(site: Site, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    made = make_account(site.engine, NewAccount("discret", "Discret", Role.DIRECTION), "test")
    browser, _ = enter(site, "discret", made.password)
    enter(site, "personne-de-connu", "un mot de passe faux")
    assert made.password not in repr(made)
    said = caplog.text + str(site.sql("SELECT actor, object, details FROM core.audit_event"))
    for secret in (made.password, browser.cookies[COOKIE], "un mot de passe faux", "personne-de-connu"):
        assert secret not in said
    with site.engine.connect() as connection:
        assert broken_at(connection) is None


def test_the_command_line_makes_the_first_administrator(site: Site, monkeypatch: pytest.MonkeyPatch):
    from workload.cli import app

    monkeypatch.setenv("WORKLOAD_DATABASE_URL", site.engine.url.render_as_string(hide_password=False))
    runner = CliRunner()
    made = runner.invoke(app, ["account", "add", "premier", "--role", "administration", "--name", "Première Admin"])
    assert made.exit_code == 0, made.output
    password = made.output.rsplit(" ", 1)[1].strip()
    assert enter(site, "premier", password)[1].status_code == 303
    assert "Première Admin" in runner.invoke(app, ["account", "list"]).output
    again = runner.invoke(app, ["account", "password", "premier"]).output.rsplit(" ", 1)[1].strip()
    assert enter(site, "premier", password)[1].status_code == 401
    assert enter(site, "premier", again)[1].status_code == 303
    assert runner.invoke(app, ["account", "deactivate", "premier"]).exit_code == 0
    assert enter(site, "premier", again)[1].status_code == 401
    assert isinstance(runner.invoke(app, ["account", "add", "x.y", "--role", "chef"]).exception, RequestError)
    assert isinstance(runner.invoke(app, ["account", "deactivate", "personne"]).exception, RequestError)
