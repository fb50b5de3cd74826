"""The embedded server: who may enter, what survives a kill, who stops it."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import IntegrityError

from workload.store import StoreError, StoreSettings, cluster, list_runs, open_store, save_run
from workload.store.embedded import running
from workload.store.engine import make_engine

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what happens as root")
as_ordinary_user = pytest.mark.usefixtures("ordinary_user")

OTHER_PROCESS = """
import sys
from pathlib import Path
from workload.store import StoreSettings, open_store, save_run
with open_store(StoreSettings(data_dir=Path(sys.argv[1]), database_url=None)) as engine:
    print("open", flush=True)
    for line in sys.stdin:
        run = {"study": line.strip(), "simulated": True, "generated_at": "2026-01-01T00:00:00+00:00"}
        save_run(engine, run)
        print("saved", flush=True)
"""


class OtherProcess:
    """A second `workload` on the same data."""

    def __init__(self, home: Path) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "WORKLOAD_DATABASE_URL"}
        command = [sys.executable, "-c", OTHER_PROCESS, str(home)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, **pipes)

    def says(self, expected: str) -> None:
        assert self.process.stdout.readline().strip() == expected

    def save(self, title: str) -> None:
        self.process.stdin.write(title + "\n")
        self.process.stdin.flush()
        self.says("saved")

    def leave(self) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0


def settings(home: Path) -> StoreSettings:
    return StoreSettings(data_dir=home, database_url=None)


def run(title: str) -> dict[str, object]:
    return {"study": title, "simulated": True, "generated_at": "2026-01-01T00:00:00+00:00"}


def titles(engine: Engine) -> set[str]:
    return {saved.title for saved in list_runs(engine)}


def postmaster(home: Path) -> int:
    return int((home / "postgresql" / "postmaster.pid").read_text().split("\n")[0])


def is_up(home: Path) -> bool:
    return (home / "postgresql" / "postmaster.pid").exists()


def test_nobody_enters_by_trust(server: URL):
    rules = (Path(server.query["host"]) / "pg_hba.conf").read_text()
    assert "trust" not in rules
    with make_engine(server).connect() as connection:
        read = connection.execute(text("SELECT user_name, auth_method, error FROM pg_hba_file_rules")).all()
        assert {row.auth_method for row in read if row.user_name == ["all"]} == {"scram-sha-256"}
        assert {row.auth_method for row in read if row.user_name == ["postgres"]} == {"peer", "reject"}
        assert {row.error for row in read} == {None}
        assert connection.scalar(text("SHOW listen_addresses")) == ""


def test_another_role_enters_with_its_password_only(server: URL, role: URL):
    door = {"host": server.query["host"], "port": 5432, "dbname": role.database, "passfile": "/nonexistent"}
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(user=role.username, **door)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(user=role.username, password="faux", **door)
    psycopg.connect(user=role.username, password=role.password, **door).close()
    with pytest.raises(psycopg.OperationalError):  # its own database is closed until a role is let in
        psycopg.connect(user=role.username, password=role.password, **(door | {"dbname": "workload"}))


def test_data_and_socket_are_closed_to_others(server: URL):
    assert stat.S_IMODE(Path(server.query["host"]).stat().st_mode) == 0o700


def test_a_rule_added_by_hand_is_gone_at_the_next_start_even_of_a_running_server(home: Path):
    with running(home) as url:
        rules = home / "postgresql" / "pg_hba.conf"
        rules.write_text("local all all trust\n")
        with running(home):
            assert "trust" not in rules.read_text()
            with make_engine(url).connect() as connection:
                assert (
                    connection.scalar(text("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust'")) == 0
                )


def test_the_log_quotes_no_row(engine: Engine, server: URL):
    sentence = "INSERT INTO core.run VALUES ('Mme-Untel', 'Mme-Untel', true, now(), now(), '{}')"
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(sentence))
    log = (Path(server.query["host"]) / "log").read_text()
    assert "run_id_is_sha256" in log
    assert "Untel" not in log


def test_data_survive_a_stop_and_a_kill(home: Path):
    with open_store(settings(home)) as engine:
        save_run(engine, run("avant l’arrêt"))
    assert not is_up(home)
    with open_store(settings(home)) as engine:
        save_run(engine, run("avant le meurtre"))
        os.kill(postmaster(home), signal.SIGKILL)
    assert is_up(home)  # so it looks: the file stayed behind
    with open_store(settings(home)) as engine:
        assert titles(engine) == {"avant l’arrêt", "avant le meurtre"}
    assert not is_up(home)


def test_a_process_number_that_now_belongs_to_another_is_no_server(home: Path):
    with open_store(settings(home)) as engine:
        save_run(engine, run("gardé"))
        pid_file = home / "postgresql" / "postmaster.pid"
        left_behind = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getpid()}\n{left_behind}")
    with open_store(settings(home)) as engine:
        assert titles(engine) == {"gardé"}


def test_a_server_killed_under_another_process_is_started_again(home: Path):
    with open_store(settings(home)) as engine:
        save_run(engine, run("un"))
        os.kill(postmaster(home), signal.SIGKILL)
        time.sleep(0.2)
        with open_store(settings(home)) as other:
            assert titles(other) == {"un"}
        assert titles(engine) == {"un"}  # the pool notices and connects anew
    assert not is_up(home)


def test_the_last_to_leave_stops_the_server(home: Path):
    two = [OtherProcess(home) for _ in range(2)]  # both find nothing and start at once
    for process in two:
        process.says("open")
    with open_store(settings(home)) as engine:
        two[0].save("premier")
        two[0].leave()
        assert titles(engine) == {"premier"}
    two[1].save("second")
    assert is_up(home)
    two[1].leave()
    assert not is_up(home)


def test_a_killed_process_is_not_counted(home: Path):
    with open_store(settings(home)):
        other = OtherProcess(home)
        other.says("open")
        other.process.kill()
        other.process.communicate()
    assert not is_up(home)


def test_variables_of_another_postgresql_change_nothing(home: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"PGPORT": "6000", "PGHOST": "ailleurs", "PGUSER": "autre", "PGDATA": "/nulle-part"}.items():
        monkeypatch.setenv(name, value)
    with open_store(settings(home)) as engine:
        assert list_runs(engine) == ()


def test_a_folder_name_may_hold_spaces_accents_and_quotes(home: Path):
    with open_store(settings(home / "l'étude 50%")) as engine:
        assert list_runs(engine) == ()


@as_ordinary_user
@pytest.mark.parametrize("name", ["x" * 90, "a,b"])
def test_a_path_that_no_socket_can_have_is_refused(home: Path, name: str):
    with pytest.raises(StoreError) as caught, running(home / name):
        pass
    assert caught.value.code == "store_path_unfit"


@as_ordinary_user
def test_a_folder_one_may_not_write_is_named(home: Path):
    home.chmod(0o555)
    with pytest.raises(StoreError) as caught, running(home / "var"):
        pass
    assert caught.value.code == "store_data_unusable"
    assert str(home) in caught.value.params["path"]


@as_root
@pytest.mark.parametrize("name", ["privé", "x" * 90])
def test_root_opens_no_private_folder(home: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    """Data under a closed home, or at the end of a long path, go to the system's folder; the home stays closed."""
    monkeypatch.setattr(cluster, "HOME_AS_ROOT", home / "lib")
    private = home / name
    private.mkdir(mode=0o700)
    for title in ("un", "deux"):
        with open_store(settings(private / "var")) as engine:
            save_run(engine, run(title))
    with open_store(settings(private / "var")) as engine:
        assert titles(engine) == {"un", "deux"}
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert not (private / "var" / "postgresql").exists()
    assert len(list((home / "lib").glob("*/postgresql"))) == 1


@as_root
def test_root_copies_the_programs_that_the_server_cannot_reach(home: Path, monkeypatch: pytest.MonkeyPatch):
    """A virtual environment under /root: the server's user may not go there, so it runs a copy."""
    monkeypatch.setattr(cluster, "HOME_AS_ROOT", home / "lib")
    monkeypatch.setattr(cluster, "_can_run", lambda program, account: False)
    with open_store(settings(home)) as engine:
        assert list_runs(engine) == ()
        assert Path(f"/proc/{postmaster(home)}/exe").resolve().is_relative_to(home / "lib")


@as_root
def test_the_server_does_not_run_as_root_nor_in_its_groups(home: Path):
    with running(home):
        status = Path(f"/proc/{postmaster(home)}/status").read_text().splitlines()
        fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        assert "0" not in fields["Uid"].split() + fields["Gid"].split() + fields["Groups"].split()
