"""Who gets in where: every route, every role, every territory, from the table below. A route that is not in it fails."""

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from sqlalchemy import URL

from tests.integration.web_site import Site, new_site
from workload.store.account_kinds import Account, Role
from workload.web.app import guarded
from workload.web.rights import READERS, RIGHTS, SCOPES, Action, Reach, may, scopes_of, territories_of

pytestmark = pytest.mark.integration

LETTERS = {"M": Role.MANAGER, "D": Role.DIRECTION, "U": Role.UNION, "A": Role.ADMINISTRATION}
# Who gets in: M manager, D direction, U union, A administration; m: the manager for her own territory only;
# "public": whoever.
TABLE = {
    "GET /": "MDUA",
    "GET /administration/comptes": "A",
    "POST /administration/comptes": "A",
    "GET /administration/comptes/{number}": "A",
    "POST /administration/comptes/{number}": "A",
    "POST /administration/comptes/{number}/fermer": "A",
    "POST /administration/comptes/{number}/mot-de-passe": "A",
    "POST /administration/comptes/{number}/ouvrir": "A",
    "GET /administration/conservation": "A",
    "GET /administration/journal": "A",
    "POST /administration/journal/verifier": "A",
    "GET /administration/sante": "A",
    "GET /administration/sessions": "A",
    "POST /administration/sessions/{mark}/couper": "A",
    "GET /api/v1": "public",
    "GET /api/v1/health": "A",
    "GET /api/v1/me": "mDUA",
    "GET /api/v1/openapi.json": "public",
    "GET /api/v1/scenarios": "mDUA",
    "GET /api/v1/scenarios/{study}/{code}": "mDUA",
    "POST /api/v1/scenarios/{study}/{code}/publish": "D",
    "POST /api/v1/scenarios/{study}/{code}/share": "D",
    "GET /api/v1/scenarios/{study}/{code}/tables/{table}": "mDUA",
    "POST /api/v1/scenarios/{study}/{code}/try": "DU",
    "GET /api/v1/studies": "mD",
    "POST /api/v1/studies/{study}/files": "mD",
    "GET /api/v1/studies/{study}/progress": "mD",
    "POST /api/v1/studies/{study}/scenarios": "D",
    "GET /api/v1/tasks/{id}": "mD",
    "POST /api/v1/tasks/{id}/cancel": "mD",
    "GET /api/v1/tokens": "MDUA",
    "POST /api/v1/tokens": "MDUA",
    "DELETE /api/v1/tokens/{number}": "MDUA",
    "GET /campagnes": "mD",
    "GET /campagnes/{study}": "mD",
    "GET /campagnes/{study}/correspondances": "mD",
    "POST /campagnes/{study}/correspondances": "mD",
    "POST /campagnes/{study}/correspondances/retrait": "D",
    "POST /campagnes/{study}/depots": "mD",
    "GET /campagnes/{study}/modeles": "mD",
    "GET /comparer": "mDUA",
    "GET /compte": "MDUA",
    "POST /compte/jetons": "MDUA",
    "POST /compte/jetons/{number}/retirer": "MDUA",
    "POST /compte/mot-de-passe": "MDUA",
    "GET /connexion": "public",
    "POST /connexion": "public",
    "GET /connexion/oidc": "public",
    "GET /connexion/oidc/retour": "public",
    "GET /construire": "D",
    "GET /construire/{study}": "D",
    "POST /construire/{study}": "D",
    "POST /deconnexion": "MDUA",
    "GET /donnees": "mDUA",
    "GET /donnees/{study}/indicateurs": "mDUA",
    "GET /donnees/{study}/postes": "D",
    "GET /donnees/{study}/temps": "mDUA",
    "POST /langue": "public",
    "GET /objections": "mDU",
    "POST /objections": "U",
    "GET /objections/{id}": "mDU",
    "POST /objections/{id}/reponse": "D",
    "GET /resultats": "mDUA",
    "GET /resultats/{study}/{code}": "mDUA",
    "POST /resultats/{study}/{code}/contre-proposition": "U",
    "GET /resultats/{study}/{code}/essayer": "DU",
    "POST /resultats/{study}/{code}/essayer": "DU",
    "GET /resultats/{study}/{code}/ouvrir": "D",
    "POST /resultats/{study}/{code}/partager": "D",
    "GET /resultats/{study}/{code}/poids": "mDUA",
    "GET /resultats/{study}/{code}/pourquoi/{mission}/{territory}/{figure}": "mDUA",
    "GET /resultats/{study}/{code}/preuves": "DU",
    "GET /resultats/{study}/{code}/preuves/{name}": "DU",
    "POST /resultats/{study}/{code}/publier": "D",
    "GET /resultats/{study}/{code}/territoires/{territory}": "mDUA",
    "GET /sante": "public",
    "GET /tableaux": "MDUA",
    "GET /tableaux/entrer": "MDUA",
    "GET /tableaux/renouveler": "MDUA",
    "GET /tableaux/{slug}": "MDUA",
    "GET /taches": "mD",
    "GET /taches/{id}": "mD",
    "POST /taches/{id}/annuler": "mD",
    "GET /taches/{id}/fichiers/{position}/copie": "mD",
    "POST /taches/{id}/relire": "mD",
}
# The same for what no route says: rights as the people who decide them would read them.
ACTIONS = {
    "see_results": "mDUA",
    "see_time_use": "mDUA",
    "see_dashboards": "MDUA",
    "take_evidence": "DU",
    "see_progress": "mD",
    "import_sheets": "mD",
    "download_templates": "mD",
    "propose_mapping": "mD",
    "decide_mapping": "D",
    "upload_registers": "D",
    "upload_indicators": "D",
    "build_scenario": "D",
    "preview_scenario": "D",
    "compute_scenario": "D",
    "save_scenario": "D",
    "share_scenario": "D",
    "publish_scenario": "D",
    "sandbox": "DU",
    "see_objections": "mDU",
    "object": "U",
    "counter_propose": "U",
    "answer_objection": "D",
    "own_account": "MDUA",
    "administer_accounts": "A",
    "administer_retention": "A",
    "read_audit": "A",
    "see_health": "A",
}
OWN, OTHER = "longwy", "briey"


@pytest.fixture(scope="module")
def site(server: URL) -> Iterator[Site]:
    with new_site(server) as made:
        yield made


@pytest.fixture(scope="module")
def accounts(site: Site) -> dict[Role, Account]:
    return {role: site.account(role) for role in Role}


def person(role: Role, territory: str = OWN, scopes: frozenset[str] | None = None) -> Account:
    return Account(1, "x", "x", role, territory if role is Role.MANAGER else "", "", 1, scopes=scopes)


def reached(letters: str) -> dict[Role, Reach]:
    found = {LETTERS[letter.upper()]: Reach.OWN if letter.islower() else Reach.ALL for letter in letters}
    assert len(found) == len(letters)
    return found


def test_the_table_names_every_route_and_no_other(site: Site):
    assert {f"{method} {path}" for method, path in guarded(site.app)} == set(TABLE)


def test_routes_need_the_actions_that_the_table_wants(site: Site):
    for (method, path), action in guarded(site.app).items():
        wanted = TABLE[f"{method} {path}"]
        assert (wanted == "public") == (action is None), path
        assert action is None or RIGHTS[action] == reached(wanted), path


def test_rights_are_those_of_the_table():
    assert {action.value for action in Action} == set(ACTIONS)
    for name, letters in ACTIONS.items():
        assert RIGHTS[Action(name)] == reached(letters), name


def ask(site: Site, route: str, account: Account | None, territory: str = OWN, query: str = "") -> int | str:
    """The status, or "login" where it leads to the login page."""
    method, path = route.split(" ")
    path = re.sub(r"\{(\w+)(:path)?\}", lambda part: territory if part[1] == "territory" else "0", path)
    browser = site.browser(raising=False) if account is None else site.entered(account)
    csrf = browser.csrf or "x" * 43
    headers = {"x-csrf-token": csrf} if method != "GET" else {}
    answer = browser.request(method, path + query, headers=headers)
    left = account is not None and path == "/deconnexion"
    return "login" if answer.headers.get("location", "").startswith("/connexion") and not left else answer.status_code


@pytest.mark.parametrize("route", [r for r, who in TABLE.items() if who != "public"])
def test_nobody_gets_in_without_entering(site: Site, route: str):
    assert ask(site, route, None) == (401 if " /api/" in route else "login")


@pytest.mark.parametrize("route", [r for r, who in TABLE.items() if who != "public"])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_in_where_the_table_says(site: Site, accounts: dict[Role, Account], route: str, role: Role):
    reach = reached(TABLE[route]).get(role)
    status = ask(site, route, accounts[role])
    assert (status in (401, 403, "login")) == (reach is None), status
    if reach is None:
        assert status == 403
        return
    if role is Role.MANAGER:  # another's territory, in the path or beside it
        there = ask(site, route, accounts[role], OTHER, f"?territory={OTHER}")
        assert (there == 403) == (reach is Reach.OWN), there


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_may(action: Action, role: Role):
    reach = reached(ACTIONS[action.value]).get(role)
    account = person(role)
    assert may(account, action) == (reach is not None)
    assert may(account, action, territory=OWN) == (reach is not None)
    assert may(account, action, territory=OTHER) == (reach is Reach.ALL)
    for status, readers in READERS.items():
        assert may(account, action, scenario_status=status) == (reach is not None and role in readers)
    assert not may(account, action, scenario_status="secret")
    assert territories_of(account, (OTHER, OWN), action) == (
        () if reach is None else (OWN,) if reach is Reach.OWN else (OTHER, OWN)
    )


def test_what_is_not_published_is_for_the_direction():
    assert {"published": frozenset(Role), "shared": {Role.DIRECTION}, "draft": {Role.DIRECTION}} == READERS


def test_a_manager_without_a_territory_reaches_nothing_of_territories():
    nobody = person(Role.MANAGER, territory="")
    assert not any(may(nobody, action) for action, who in ACTIONS.items() if "m" in who)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("scope", list(SCOPES))
def test_a_token_never_exceeds_its_account_nor_its_scopes(role: Role, scope: str):
    program, human = person(role, scopes=frozenset({scope})), person(role)
    for action in Action:
        assert may(program, action) == (may(human, action) and action in SCOPES[scope])
        for status in READERS:
            assert may(program, action, scenario_status=status) <= may(human, action, scenario_status=status)
    assert not may(program, Action.OWN_ACCOUNT)
    if scope == "read:published":
        assert not may(program, Action.SEE_RESULTS, scenario_status="draft")
    assert (scope in scopes_of(human)) == any(may(program, action) for action in Action)


def test_an_application_with_an_unguarded_route_does_not_start(site: Site):
    router = APIRouter()
    router.add_api_route("/ouvert", lambda: 1)
    site.app.router.routes.extend(router.routes)
    try:
        with pytest.raises(RuntimeError, match="/ouvert"):
            guarded(site.app)
    finally:
        site.app.router.routes.pop()
