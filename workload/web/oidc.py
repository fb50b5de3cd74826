"""Entering with the département's own directory: OpenID Connect, authorization code with PKCE, state and nonce.

What we sent lies in a cookie that we signed and that lives five minutes, so that an answer only counts in the browser
that asked, once. The directory's word is checked whole: signature, issuer, audience, age, nonce.
"""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from workload.store.account_kinds import Account
from workload.store.directory import is_linked
from workload.web.state import Web

ALGORITHMS = ("RS256", "PS256", "ES256", "RS512", "ES384", "EdDSA")  # none that a shared secret could sign
CALLBACK = "/connexion/oidc/retour"
LIFE_S = 300
TIMEOUT_S = 8.0
LARGEST = 1_000_000
KEPT_S = 600  # the directory's own description and keys


class DirectoryError(Exception):
    """The directory did not let in, or what it said does not hold. `why` is for the log: nothing of the person."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Start:
    address: str  # where the browser goes
    cookie: str  # what it keeps meanwhile


def start(web: Web, back_to: str) -> Start:
    found = _described(web)
    kept = {
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(64),
        "next": back_to,
        "until": int(time.time()) + LIFE_S,
    }
    asked = {
        "response_type": "code",
        "client_id": web.options.oidc_client_id,
        "redirect_uri": web.options.base_url + CALLBACK,
        "scope": "openid email profile",
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": create_s256_code_challenge(kept["verifier"]),
        "code_challenge_method": "S256",
    }
    return Start(f"{found['authorization_endpoint']}?{urlencode(asked)}", _pack(web, kept))


def finish(web: Web, cookie: str, query: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """What the directory says of whoever came back (iss and sub always), and the page she asked for first."""
    kept = _unpack(web, cookie)
    if not hmac.compare_digest(query.get("state", "").encode(), str(kept["state"]).encode()):
        raise DirectoryError("state")
    if query.get("iss", web.options.oidc_issuer) != web.options.oidc_issuer:  # RFC 9207: another directory answers
        raise DirectoryError("issuer")
    if "error" in query or not query.get("code"):
        raise DirectoryError("refused")
    found = _described(web)
    sent = {
        "grant_type": "authorization_code",
        "code": query["code"],
        "redirect_uri": web.options.base_url + CALLBACK,
        "code_verifier": str(kept["verifier"]),
    }
    secret = web.options.oidc_client_secret
    if secret is not None:
        auth = httpx.BasicAuth(web.options.oidc_client_id, secret.get_secret_value())
        answer = _json("POST", found["token_endpoint"], data=sent, auth=auth)
    else:
        answer = _json("POST", found["token_endpoint"], data=sent | {"client_id": web.options.oidc_client_id})
    claims = _checked(web, found, answer, str(kept["nonce"]))
    if "email" not in claims and found.get("userinfo_endpoint") and answer.get("access_token"):
        header = {"Authorization": f"Bearer {answer['access_token']}"}
        more = _json("GET", found["userinfo_endpoint"], headers=header)
        if more.get("sub") != claims["sub"]:
            raise DirectoryError("userinfo")
        claims = more | claims
    return claims, str(kept["next"])


def leaving_address(web: Web, account: Account) -> str:
    """Where leaving goes on, for an account of the directory; "" where it ends with us."""
    if not web.options.oidc or not is_linked(web.engine, account.id):
        return ""
    try:
        address = str(_described(web).get("end_session_endpoint", ""))
    except DirectoryError:
        return ""
    if not address or urlsplit(address).netloc != urlsplit(web.options.oidc_issuer).netloc:
        return ""
    back = {"client_id": web.options.oidc_client_id, "post_logout_redirect_uri": web.options.base_url + "/connexion"}
    return f"{address}?{urlencode(back)}"


def _checked(web: Web, found: Mapping[str, Any], answer: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    options: Any = {
        "iss": {"essential": True, "value": web.options.oidc_issuer},
        "aud": {"essential": True, "value": web.options.oidc_client_id},
    }
    params = {"nonce": nonce, "client_id": web.options.oidc_client_id, "access_token": answer.get("access_token")}
    for fresh in (False, True):  # keys change: a signature we cannot check is checked again with today's
        keys = _kept_json(str(found["jwks_uri"]), _round() if not fresh else time.time_ns())
        try:
            token = jwt.decode(str(answer.get("id_token", "")), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            CodeIDToken(token.claims, token.header, options, params).validate(leeway=30)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            if fresh:
                raise DirectoryError(f"token {type(error).__name__}") from None
            continue
        return dict(token.claims)
    raise AssertionError


def _described(web: Web) -> dict[str, Any]:
    issuer = web.options.oidc_issuer
    found = _kept_json(issuer.rstrip("/") + "/.well-known/openid-configuration", _round())
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != issuer or not all(_safe(found.get(name)) for name in needed):
        raise DirectoryError("description")
    return found


def _safe(address: object) -> bool:
    """HTTPS, or this machine for a trial."""
    parts = urlsplit(str(address or ""))
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


def _round() -> int:
    return int(time.time()) // KEPT_S


@lru_cache(maxsize=8)
def _kept_json(address: str, _when: int) -> dict[str, Any]:
    return _json("GET", address)


def _json(method: str, address: str, **more: Any) -> dict[str, Any]:
    if not _safe(address):
        raise DirectoryError("insecure")
    try:
        answer = httpx.request(method, address, timeout=TIMEOUT_S, follow_redirects=False, **more)
        content = answer.json() if len(answer.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError):
        raise DirectoryError("silent") from None
    if answer.status_code != 200 or not isinstance(content, dict):
        raise DirectoryError(f"status {answer.status_code}")
    return content


def _pack(web: Web, kept: Mapping[str, Any]) -> str:
    said = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{said}.{web.sign('oidc', said)}"


def _unpack(web: Web, cookie: str) -> dict[str, Any]:
    said, _, mark = cookie.partition(".")
    if not mark or not hmac.compare_digest(mark.encode(), web.sign("oidc", said).encode()):
        raise DirectoryError("cookie")
    kept: dict[str, Any] = json.loads(base64.urlsafe_b64decode(said))
    if kept["until"] < time.time():
        raise DirectoryError("late")
    return kept
