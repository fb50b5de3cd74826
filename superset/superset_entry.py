"""Entering with the account of the web app: its signed cookie is the only way in; Superset's own passwords are none.

On where WORKLOAD_SUPERSET_ENTRY names the web app. `/login/` reads the cookie (an HS256 JWT of ten minutes, made by
workload/services/superset_entry.py), gives the user the roles that it names and goes on to the page asked for; without
one it sends the browser to the web app, which comes back. Every request afterwards needs the same cookie still: gone,
expired, of another login or of another version of the account, nobody is there any more.

Provisioning happens at `/login/` and nowhere else: a request that is being identified may already be writing.
"""

import html
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

import jwt
import yaml
from flask import Response, make_response, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthView
from flask_login import login_user, logout_user
from sqlalchemy import text
from superset_access import ReadingSecurityManager

ENTRY = os.environ.get("WORKLOAD_SUPERSET_ENTRY", "").strip().rstrip("/")
KEY = os.environ.get("WORKLOAD_SUPERSET_ENTRY_KEY", "").strip()
if ENTRY and len(KEY) < 64:
    raise SystemExit("WORKLOAD_SUPERSET_ENTRY_KEY manque ou est trop courte : lancez Superset par « workload ».")

COOKIE = "workload_superset"
ISSUER, AUDIENCE = "workload", "superset"
NEEDED = ["iss", "aud", "sub", "role", "territory", "version", "iat", "exp"]
WELCOME = "/superset/welcome/"
LOOPING = ("/login", "/logout")
LONGEST = 2000
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")  # of a territory
VERSION = "workload_version"  # in the session: of the account, when this session began
UNUSABLE = "!"  # no hash: nothing that is typed matches it
LOCK = 0x656E74726965  # one provisioning at a time
ROLES: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "roles.yaml").read_text("utf-8"))["roles"]
SCRIPT = (Path(__file__).parent / "entry.js").read_text("utf-8")
LONGEST_ROLE = 64


@dataclass(frozen=True)
class Pass:
    """What a valid cookie says."""

    login: str
    role: str
    territory: str
    version: int
    signed_at: int

    @property
    def roles(self) -> set[str]:
        """Names of Superset's roles, from roles.yaml."""
        role = ROLES[self.role]
        own = {role["own"]["role"].format(value=self.territory)} if "own" in role else set()
        return {role.get("superset") or role["name"]} | own


def carried() -> Pass | None:
    """What the request's cookie says, None where it is absent or does not hold."""
    try:
        said = jwt.decode(
            request.cookies.get(COOKIE, ""),
            KEY,
            algorithms=["HS256"],  # nothing else, whatever the token says of itself
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": NEEDED, "strict_aud": True},
        )
    except jwt.InvalidTokenError:
        return None
    role, territory, version = said["role"], said["territory"], said["version"]
    if not all(isinstance(value, str) for value in (role, territory)) or role not in ROLES or not said["sub"]:
        return None
    if type(version) is not int or type(said["iat"]) is not int:
        return None
    if ("own" in ROLES[role]) != bool(territory) or (territory and not SLUG.fullmatch(territory)):
        return None
    found = Pass(said["sub"], role, territory, version, said["iat"])
    return found if all(len(name) <= LONGEST_ROLE for name in found.roles) else None


class EntryView(AuthView):
    route_base = ""

    @expose("/login/", methods=["GET"])
    @no_cache
    def login(self) -> Any:
        path = own_path()
        known = carried()
        if known is None:
            return self._elsewhere(path)
        user = provision(self.appbuilder.sm, known)
        if user is None:
            return _page("Ces droits ne sont plus les vôtres", "Vos droits ont changé. Entrez de nouveau.", path, 403)
        if session.get("_user_id") != str(user.id) or session.get(VERSION) != known.version:
            session.clear()  # nothing of whoever used this browser before
        login_user(user)
        session[VERSION] = known.version
        return redirect(path)

    @expose("/logout/")
    def logout(self) -> Any:
        logout_user()
        session.clear()
        response = make_response(redirect(f"{ENTRY}/tableaux?sorti=1"))
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
        return response

    def _elsewhere(self, path: str) -> Any:
        """To the web app; with a page instead where it would be of no use: within a frame, or a second time."""
        if request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame"):
            return _page("Votre session s’est arrêtée", "Vous n’avez rien fait ici depuis un moment.", path, 401)
        if request.args.get("retour"):
            said = "Votre compte n’a pas pu être vérifié. Si cela se répète, prévenez l’administration."
            return _page("Entrée refusée", said, path, 403)
        return redirect(_entrance(path))


class EntrySecurityManager(ReadingSecurityManager):
    authdbview = EntryView
    register_superset_auth_view = False

    def auth_user_db(self, username: str, password: str) -> None:
        """No password of Superset's lets in, neither here nor through its REST API."""
        return None

    def request_loader(self, request: Any) -> None:
        """No guest token either: whoever has no session enters at /login/."""
        return None

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> None:
        """Nor a token that a password once gave."""
        return None

    def load_user(self, pk: int) -> Any:
        """The session's user, while the cookie says the same of her. Only reads."""
        user = super().load_user(pk)
        known = carried() if user else None
        if known is None or known.login != user.username or known.version != session.get(VERSION):
            return None
        return user if {role.name for role in self.get_user_roles(user)} == known.roles else None


def provision(manager: Any, known: Pass) -> Any:
    """The user with the roles that the cookie names, made if need be; None for a cookie older than one already seen."""
    from superset import db

    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if not _is_latest(known):
        db.session.rollback()
        return None
    if known.territory:
        _open_territory(known)
    roles = [manager.find_role(name) for name in sorted(known.roles)]
    user = db.session.query(manager.user_model).filter_by(username=known.login).one_or_none()
    if user is None:
        user = manager.user_model(
            username=known.login,
            first_name=known.login,  # of the person, no more than this is known here
            last_name="",
            email=f"{known.login}@invalid",
            password=UNUSABLE,
        )
        db.session.add(user)
    user.active = True
    if {role.id for role in user.roles} != {role.id for role in roles}:
        user.roles = roles
    if user.groups:
        user.groups = []  # a group would bring roles along
    db.session.commit()
    return user


def _is_latest(known: Pass) -> bool:
    """Superset remembers which version of the account it saw last: an older cookie, kept aside, restores nothing.

    A lower version that was signed later counts: the accounts were restored from a backup.
    """
    from superset.daos.key_value import KeyValueDAO
    from superset.key_value.types import JsonKeyValueCodec, KeyValueResource

    place = (KeyValueResource.APP, uuid5(NAMESPACE_URL, f"workload:account:{known.login}"))
    seen = KeyValueDAO.get_value(*place, JsonKeyValueCodec()) or {"version": 0, "since": 0}
    if known.version == seen["version"]:
        return True
    if known.version < seen["version"] and known.signed_at <= seen["since"]:
        return False
    now = {"version": known.version, "since": known.signed_at}
    KeyValueDAO.upsert_entry(place[0], now, JsonKeyValueCodec(), place[1])
    return True


def _open_territory(known: Pass) -> None:
    from assets_tool import our_database
    from setup_security import open_territory

    open_territory({"roles": ROLES}, our_database(), known.role, known.territory)


def own_path() -> str:
    """Where to go after entering: a path of ours. Superset itself asks with whole addresses, one of them unquoted."""
    raw = request.query_string.decode("ascii", "replace").removeprefix("next=")
    unquoted = raw.startswith(("http://", "https://")) and "=" in raw
    asked = raw if unquoted else request.args.get("next", "")
    for scheme in ("http", "https"):
        asked = asked.removeprefix(f"{scheme}://{request.host}")
    odd = "\\" in asked or any(ord(letter) < 33 or ord(letter) == 127 for letter in asked)
    if not asked.startswith("/") or asked.startswith(("//", *LOOPING)) or odd or len(asked) > LONGEST:
        return WELCOME
    return asked


def _entrance(path: str) -> str:
    return f"{ENTRY}/tableaux/entrer?next={quote(path, safe='')}"


def _page(title: str, said: str, path: str, status: int) -> Response:
    """Sentences and one link, which leaves a frame: the web app is never shown within one."""
    link = html.escape(_entrance(path))
    content = (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body style="font-family: sans-serif; margin: 2rem"><h1>{title}</h1><p>{said}</p>'
        f'<p><a href="{link}" target="_top">Entrer de nouveau</a></p></body></html>'
    )
    return make_response(content, status)


def origin() -> str:
    parts = urlsplit(ENTRY)
    return f"{parts.scheme}://{parts.netloc}"


def renewing(page: bytes, nonce: str) -> bytes:
    """A page of Superset that has the web app renew the cookie while somebody uses it."""
    if not nonce:
        return page
    tag = f'<script nonce="{html.escape(nonce)}" data-to="{html.escape(ENTRY)}/tableaux/renouveler">{SCRIPT}</script>'
    return page.replace(b"</body>", tag.encode() + b"</body>", 1)
