"""Who may enter Superset: a list in YAML, and a password for each, drawn once and kept in a file only we read."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from workload.resources import PACKAGE
from workload.services.errors import ServiceError
from workload.store.roles import write_secret

PASSWORDS = Path("accounts") / "superset.json"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a reader takes for another
GROUPS, LETTERS = 4, 5


class Person(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    first_name: str
    last_name: str
    role: str
    territory: str = ""
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class People:
    persons: tuple[Person, ...]
    drawn: tuple[str, ...]  # logins whose password was drawn just now
    file: Path  # where the passwords lie

    def told(self) -> dict[str, str]:
        """Passwords drawn just now, to be shown once."""
        return {p.login: p.password.get_secret_value() for p in self.persons if p.login in self.drawn and p.password}


def demo_people() -> tuple[Person, ...]:
    """The accounts of a demonstration, one of each role."""
    installed = PACKAGE / "_superset"
    folder = installed if installed.is_dir() else PACKAGE.parent / "superset"
    raw = yaml.safe_load((folder / "demo_accounts.yaml").read_text("utf-8"))
    return tuple(Person.model_validate(entry) for entry in raw)


def the_owner(data_dir: Path) -> People:
    """Nobody: whom Superset's own objects belong to where people enter with their account. No account has such a login,
    and nobody knows the password."""
    password = SecretStr(secrets.token_urlsafe(32))
    owner = Person(login="_workload", first_name="Charge", last_name="de travail", role="administration")
    return People((owner.model_copy(update={"password": password}),), (), data_dir / PASSWORDS)


def load_people(path: Path, data_dir: Path) -> People:
    try:
        listed = [Person.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8"))]
    except (OSError, yaml.YAMLError, ValidationError, TypeError):
        raise ServiceError("service_people_unreadable", path=path) from None
    if not any(person.role == "administration" for person in listed):
        raise ServiceError("service_people_no_administrator", path=path)
    file = data_dir / PASSWORDS
    try:
        known: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        drawn = tuple(p.login for p in listed if p.password is None and p.login not in known)
        if drawn:
            known |= {login: _password() for login in drawn}
            write_secret(file, json.dumps(known, indent=1, ensure_ascii=False))
    except (OSError, ValueError):
        raise ServiceError("service_people_unreadable", path=file) from None
    persons = tuple(p if p.password else p.model_copy(update={"password": SecretStr(known[p.login])}) for p in listed)
    return People(persons, drawn, file)


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))
