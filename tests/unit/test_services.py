"""What surrounds a service, without the service: words, ports, people, processes."""

import os
import re
import socket
import stat
import string
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import yaml
from pydantic import SecretStr

import workload
from workload.services.errors import ServiceError
from workload.services.people import PASSWORDS, load_people
from workload.services.process import HOST, free_port, healthy, running_process, wait_until
from workload.services.programs import Program, look_after
from workload.services.superset_home import locate_superset
from workload.store.roles import Accounts

PACKAGE = Path(workload.__file__).parent
SENTENCES = {
    language: yaml.safe_load((PACKAGE / "messages" / f"services.{language}.yaml").read_text("utf-8"))
    for language in ("fr", "en")
}
ACCOUNTS = Accounts(*(SecretStr("postgresql://u:p@h/d") for _ in range(3)))


@pytest.mark.parametrize("language", SENTENCES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(language: str):
    source = "\n".join(path.read_text("utf-8") for path in (PACKAGE / "services").glob("*.py"))
    assert set(re.findall(r'"(service_[a-z_]+)"', source)) == set(SENTENCES[language])


@pytest.mark.parametrize("code", SENTENCES["fr"])
def test_both_languages_say_the_same(code: str):
    names = [{name for _, name, _, _ in string.Formatter().parse(SENTENCES[k][code]) if name} for k in ("fr", "en")]
    assert names[0] == names[1]


def test_a_port_that_is_taken_gives_the_next():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
        assert not healthy(free_port(port))


def test_a_process_and_its_children_end_with_the_context(tmp_path: Path):
    code = "import subprocess,sys,time; p=subprocess.Popen(['sleep','60']); print(p.pid,flush=True); time.sleep(60)"
    log = tmp_path / "log"
    with running_process([sys.executable, "-c", code], {"PATH": "/usr/bin:/bin"}, tmp_path, log) as process:
        assert wait_until(lambda: log.read_text().strip() != "", process, 20)
        child = int(log.read_text())
        assert psutil.pid_exists(child)
    assert not psutil.pid_exists(process.pid)
    deadline = time.monotonic() + 20  # told to end at once; a busy machine may take a moment to do it
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_process_that_ends_by_itself_is_not_waited_for(tmp_path: Path):
    with running_process(["true"], {"PATH": "/usr/bin:/bin"}, tmp_path, tmp_path / "log") as process:
        assert not wait_until(lambda: False, process, 20)
    assert isinstance(process, subprocess.Popen)


def test_without_superset_a_sentence_says_what_to_run(tmp_path: Path):
    with pytest.raises(ServiceError) as error:
        locate_superset(ACCOUNTS, tmp_path, tmp_path / "absent")
    assert error.value.code == "service_superset_missing"
    assert "make superset-env" in SENTENCES["fr"][error.value.code]


PERSON = "- {login: chef, first_name: A, last_name: B, role: administration}\n"


def test_passwords_are_drawn_once_and_kept_to_ourselves(tmp_path: Path):
    path = tmp_path / "personnes.yaml"
    path.write_text(PERSON, "utf-8")
    people = load_people(path, tmp_path)
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", people.told()["chef"])
    assert people.told()["chef"] not in repr(people)
    assert stat.S_IMODE((tmp_path / PASSWORDS).stat().st_mode) == 0o600
    again = load_people(path, tmp_path)
    assert again.told() == {}
    assert again.persons == people.persons


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PERSON.replace("administration", "direction"), "service_people_no_administrator"),
        (PERSON.replace("chef", "a b"), "service_people_unreadable"),
        (PERSON.replace("role", "rôle"), "service_people_unreadable"),
        ("[", "service_people_unreadable"),
        ("", "service_people_unreadable"),
    ],
)
def test_a_list_of_people_that_cannot_be_used_is_named(tmp_path: Path, content: str, code: str):
    path = tmp_path / "personnes.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(ServiceError) as error:
        load_people(path, tmp_path)
    assert error.value.code == code


def test_a_program_that_dies_is_started_again_until_told_to_stop(tmp_path: Path):
    stop, starts = threading.Event(), []

    def on_start(program: Program, pid: int, again: bool) -> None:
        starts.append(again)
        if len(starts) == 2:
            stop.set()

    look_after([Program("court", ("--version",), dict(os.environ), tmp_path / "journal")], stop, on_start)
    assert starts == [False, True]
    assert (tmp_path / "journal").read_text().startswith("workload")
