"""The door of every route. `needs(Action.X)` lets in whoever `rights` lets do X and hands the route its Account;
`public` lets in everybody. Both refuse a form that was not sent from our own pages.

A manager's own territory is held here too: a territory named in the path, the query, the form or the JSON body of a
request must be one that the action reaches, whatever the route does with it later.
"""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request

from workload.store.account_kinds import Account, Role
from workload.web.csrf import check_sent_from_here
from workload.web.identity import identify
from workload.web.rights import (
    READERS,
    RIGHTS,
    SCOPES,
    WHOLE,
    Action,
    Reach,
    RefusedError,
    may,
    require,
    scopes_of,
    territories_of,
)

__all__ = [
    "READERS",
    "RIGHTS",
    "SCOPES",
    "WHOLE",
    "Account",
    "Action",
    "ChangePasswordFirstError",
    "EnterFirstError",
    "Needs",
    "Public",
    "Reach",
    "RefusedError",
    "Role",
    "may",
    "needs",
    "public",
    "require",
    "scopes_of",
    "territories_of",
]  # fmt: skip

TERRITORY_NAMES = ("territory", "territoire", "territory_id", "territory_code", "territories", "territoires")


class EnterFirstError(Exception):
    """Nobody is there yet: pages lead to /connexion, the API answers 401."""


class ChangePasswordFirstError(Exception):
    """The password was given by somebody else: nothing else before it is changed."""


@dataclass(frozen=True, slots=True)
class Needs:
    action: Action

    async def __call__(self, request: Request) -> Account:
        identity = await identify(request)
        if identity is None:
            raise EnterFirstError
        await check_sent_from_here(request, identity)
        account = identity.account
        if account.must_change and self.action is not Action.OWN_ACCOUNT:
            raise ChangePasswordFirstError
        if not may(account, self.action):
            raise RefusedError(self.action)
        for territory in await _named(request):
            require(account, self.action, territory=territory)
        return account


@dataclass(frozen=True, slots=True)
class Public:
    async def __call__(self, request: Request) -> None:
        await check_sent_from_here(request, await identify(request))


def needs(action: Action) -> Any:
    """For a route: `account: Annotated[Account, needs(Action.IMPORT_SHEETS)]`."""
    return Depends(Needs(action))


public: Any = Depends(Public())
"""For a route that asks nothing: `@router.get("/sante", dependencies=[public])`."""


async def _named(request: Request) -> set[str]:
    """The territories that a request names, wherever it names them. An empty name is no filter at all."""
    sources: list[Any] = [*request.path_params.items(), *request.query_params.multi_items()]
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        sources += (await request.form()).multi_items()
    elif kind.endswith("json") and await request.body():
        try:
            sources += _pairs(await request.json())
        except (ValueError, RecursionError):
            return set()  # the route refuses it with its own words; no territory was read
    return {str(value) for name, value in sources if name in TERRITORY_NAMES and value not in ("", None)}


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Names and plain values at any depth of a JSON document."""
    if isinstance(value, list):
        return [pair for item in value for pair in _pairs(item)]
    if not isinstance(value, dict):
        return []
    found: list[tuple[str, Any]] = []
    for name, item in value.items():
        if isinstance(item, list):
            found += [(name, one) for one in item if not isinstance(one, dict | list)]
        elif not isinstance(item, dict):
            found.append((name, item))
        found += _pairs(item)
    return found
