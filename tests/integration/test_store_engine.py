"""Each way a database can refuse has its sentence, and no sentence holds the password."""

import socket

import pytest
from sqlalchemy import URL, make_url

from workload.catalogue import LANGUAGES, error_text
from workload.errors import ExitCode
from workload.store import StoreError, StoreSettings, open_store
from workload.store.engine import _refusal

SECRET = "mot-de-passe-secret"


def refusal(url: URL | str) -> StoreError:
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with pytest.raises(StoreError) as caught, open_store(StoreSettings(database_url=address)):
        pass
    error = caught.value
    assert error.exit_code == ExitCode.INTERNAL
    assert error.__context__ is None or error.__suppress_context__  # no traceback shows the original
    assert all(SECRET not in error_text(error, language) for language in LANGUAGES)
    return error


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_not_there():
    port = closed_port()
    error = refusal(f"postgresql://moi:{SECRET}@127.0.0.1:{port}/base")
    assert error_text(error).startswith(f"Le serveur 127.0.0.1:{port}/base ne répond pas.")


def test_a_name_that_does_not_resolve():
    assert refusal(f"postgres://moi:{SECRET}@serveur.invalid/base").code == "store_unreachable"


@pytest.mark.parametrize("address", ["sqlite:///x.db", f"mysql+pymysql://moi:{SECRET}@serveur/base"])
def test_another_kind_of_database(address: str):
    error = refusal(address)
    assert error.code == "store_not_postgresql"
    assert address.split(":")[0].split("+")[0] in error_text(error)


@pytest.mark.parametrize("address", [f"moi:{SECRET}@serveur", f"postgresql://moi:{SECRET}@serveur:port/base"])
def test_what_is_no_address(address: str):
    assert refusal(address).code == "store_url_invalid"


def test_settings_never_print_the_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKLOAD_DATABASE_URL", f"postgresql://moi:{SECRET}@serveur/base")
    assert SECRET not in repr(StoreSettings())
    monkeypatch.setenv("WORKLOAD_DATABASE_URL", "")
    assert StoreSettings().database_url is None


@pytest.mark.integration
def test_a_wrong_password(role: URL):
    error = refusal(role.set(password="faux-" + SECRET))
    assert error.code == "store_refused"
    assert error.params["user"] == role.username


@pytest.mark.integration
def test_a_missing_password(role: URL, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    address = role.render_as_string(hide_password=False).replace(f":{SECRET}@", "@")
    assert refusal(address).code == "store_password_needed"


@pytest.mark.integration
def test_a_base_that_does_not_exist(role: URL):
    assert refusal(role.set(database="absente")).code == "store_no_such_base"


@pytest.mark.integration
def test_a_role_that_may_not_make_schemas(role: URL):
    assert refusal(role).code == "store_no_rights"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("FATAL:  authentification par mot de passe échouée pour l'utilisateur «\u00a0moi\u00a0»", "store_refused"),
        ("FATAL:  la base de données « base » n'existe pas", "store_no_such_base"),
        ("FATAL:  Passwort-Authentifizierung für Benutzer »moi« fehlgeschlagen", "store_refused"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "moi", database "base"', "store_refused"),
        ("FATAL:  sorry, too many clients already", "store_unavailable"),
        ("FATAL:  le système de bases de données se lance", "store_unavailable"),
        ("server closed the connection unexpectedly", "store_unreachable"),
    ],
)
def test_a_server_may_refuse_in_its_own_language(said: str, code: str):
    assert _refusal(f"connection failed: {said}", True, make_url("postgresql://moi@serveur/base")) == code
