"""What an account is, to everything above the tables."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    MANAGER = "responsable"
    DIRECTION = "direction"
    UNION = "representants"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who entered, as the database has them at this request.

    scopes: what a program entered with (an API token); None for a person.
    """

    id: int
    login: str
    name: str
    role: Role
    territory: str  # code of a manager's territory, else ""
    language: str  # "fr", "en", or "" where the person never chose
    version: int
    must_change: bool = False  # the password was given by somebody else
    scopes: frozenset[str] | None = None
