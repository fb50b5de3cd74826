"""A real PostgreSQL for the tests: the embedded one, with data of its own, one server per test process."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from benchmarks.survey_workbooks import make_study, make_surveys
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate

NOBODY = 65534


@contextmanager
def _home() -> Iterator[Path]:
    """/var/tmp: open to the user that runs the server when the tests run as root, and short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="workload-test-", dir="/var/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty data folder, for tests that start, kill and stop a server themselves."""
    with _home() as path:
        yield path


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """The administrator's address on a server that all tests of the session share."""
    with _home() as path, running(path) as url:
        yield url


@pytest.fixture
def database(server: URL) -> Iterator[URL]:
    """An empty database, the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    administrator = make_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    administrator.dispose()


@pytest.fixture
def empty(database: URL) -> Iterator[Engine]:
    engine = make_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """A migrated database."""
    migrate(empty)
    return empty


@pytest.fixture
def role(database: URL) -> Iterator[URL]:
    """Another account on the same database: it may connect, with its password, and has been given nothing else."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    administrator = make_engine(database)
    with administrator.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'mot-de-passe-secret'"))
    yield database.set(username=name, password="mot-de-passe-secret")
    with administrator.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {name} CASCADE"))
        connection.execute(text(f"REASSIGN OWNED BY {name} TO postgres"))
    administrator.dispose()


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """What happens to somebody without root's rights: as root, the test goes on as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(scope="module")
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study folder with as many sheets as the module's FILES, and the same agents' corrected sheets in corrige/."""
    folder = tmp_path_factory.mktemp("import") / "etude"
    make_study(folder, request.module.FILES)
    make_surveys(folder, folder / "corrige", range(request.module.FILES), seed=1)
    return folder
