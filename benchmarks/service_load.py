"""`make load`: fifty people read results while five send sheets and two compute scenarios; for each route the median, the
95th percentile, and whose the time is: the client's wait, our program, the database. Loopback, bounded, no error allowed.

Everything is the real service: two processes of pages, the worker, PostgreSQL, on a fresh store with the demonstration.
"""

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.integration.published_study import FOLDER
from workload.commands.serving import bring_in
from workload.services.process import free_port, healthy, stop, wait_until
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, make_account
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate
from workload.store.settings import StoreSettings

READERS, SENDERS, BUILDERS = 50, 5, 2
SECONDS = 60.0
THINK_S = (0.5, 2.0)
DRAWS = 60
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
TIMING = re.compile(r"(\w+);dur=([\d.]+)")
TERRITORIES = ("longwy", "briey", "grand_nancy", "lunevillois", "terres_de_lorraine", "val_de_lorraine")
STUDY = "meurthe_et_moselle_une_reconstruction"
SCENARIO = f"/resultats/{STUDY}/scenario_de_l_etude"


@dataclass
class Seen:
    """What every person saw: route → (waited, our program, database) in milliseconds; and what went wrong."""

    times: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, route: str, answer: httpx.Response, waited_s: float) -> None:
        said = {name: float(ms) for name, ms in TIMING.findall(answer.headers.get("server-timing", ""))}
        with self.lock:
            self.times.setdefault(route, []).append((1000 * waited_s, said.get("total", 0.0), said.get("db", 0.0)))
            if answer.status_code >= 400:
                self.wrong.append(f"{route}: {answer.status_code}")

    def count(self, what: str) -> None:
        with self.lock:
            self.done[what] = self.done.get(what, 0) + 1


class Person:
    def __init__(self, address: str, login: str, password: str, seen: Seen) -> None:
        self.client = httpx.Client(base_url=address, timeout=60)
        self.seen = seen
        page = self.get("GET /connexion", "/connexion")
        self.post("POST /connexion", "/connexion", {"login": login, "password": password}, page)

    def get(self, route: str, path: str) -> str:
        return self._ask(route, lambda: self.client.get(path))

    def post(self, route: str, path: str, data: dict[str, str], page: str, files: list[Path] | None = None) -> str:
        """The form of a page, sent; the answer is the page it leads to."""
        found = CSRF.search(page)
        given = data | {"csrf": found[1] if found else ""}
        if files is None:
            answer = self._ask(route, lambda: self.client.post(path, data=given))
        else:
            parts = [("files", (f.name, f.read_bytes(), "application/octet-stream")) for f in files]
            answer = self._ask(route, lambda: self.client.post(path, data=given, files=parts))
        return answer

    def until_done(self, address: str) -> str:
        while True:
            state = json.loads(self.get("GET /api/v1/tasks/{id}", address))
            if not state["open"]:
                return str(state["status"])
            time.sleep(0.7)

    def _ask(self, route: str, call: Callable[[], httpx.Response]) -> str:
        since = time.perf_counter()
        answer = call()
        self.seen.note(route, answer, time.perf_counter() - since)
        if answer.is_redirect:
            return self.get("after a form", answer.headers["location"])
        return answer.text


def reader(person: Person, until: float, dice: random.Random) -> None:
    while time.monotonic() < until:
        place = dice.choice(TERRITORIES)
        pages = (
            ("GET /resultats", "/resultats"),
            ("GET scenario", SCENARIO),
            ("GET territory", f"{SCENARIO}/territoires/{place}"),
            ("GET pourquoi", f"{SCENARIO}/pourquoi/polyvalence/{place}/{dice.randint(1, 16)}"),
            ("GET poids", f"{SCENARIO}/poids"),
            ("GET temps", f"/donnees/{STUDY}/temps"),
            ("GET comparer", f"/comparer?s={STUDY}/scenario_de_l_etude&s={STUDY}/postes_entiers"),
            ("GET essayer", f"{SCENARIO}/essayer"),
        )
        for route, path in dice.sample(pages, 4):
            person.get(route, path)
            time.sleep(dice.uniform(*THINK_S))


def sender(person: Person, until: float, dice: random.Random) -> None:
    sheets = sorted((FOLDER / "enquete").glob("*.xlsx"))
    while time.monotonic() < until:
        page = person.get("GET campagne", f"/campagnes/{STUDY}")
        page = person.post("POST depots", f"/campagnes/{STUDY}/depots", {}, page, dice.sample(sheets, 6))
        person.seen.count(f"import {person.until_done(_task(page))}")


def builder(person: Person, until: float, dice: random.Random) -> None:
    while time.monotonic() < until:
        page = person.get("GET construire", f"/construire/{STUDY}")
        asked = {"titre": f"Charge {dice.randrange(10**9)}", "tirages": "100", "voulu": "draft", "pas": "1"}
        page = person.post("POST construire", f"/construire/{STUDY}", asked, page)
        person.seen.count(f"scenario {person.until_done(_task(page))}")


def _task(page: str) -> str:
    found = re.search(r'data-task="([^"]+)"', page)
    other = re.search(r'href="/taches/([0-9a-f]{32})', page) or re.search(r"/taches/([0-9a-f]{32})", page)
    return found[1] if found else f"/api/v1/tasks/{other[1] if other else ''}"


@contextmanager
def service() -> Iterator[tuple[str, dict[str, str]]]:
    """The address, and a password for every login."""
    home = Path(tempfile.mkdtemp(prefix="workload-load-", dir="/var/tmp"))
    home.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, True)
        engine = make_engine(stack.enter_context(running(home)))
        stack.callback(engine.dispose)
        migrate(engine)
        settings = StoreSettings(data_dir=home, database_url=None)
        bring_in(engine, settings, FOLDER, DRAWS)
        people = {f"lecteur{k}": Role.UNION for k in range(READERS)}
        people |= {f"envoi{k}": Role.DIRECTION for k in range(SENDERS)}
        people |= {f"calcul{k}": Role.DIRECTION for k in range(BUILDERS)}
        passwords = {
            login: make_account(engine, NewAccount(login, login, role), "charge", must_change=False).password
            for login, role in people.items()
        }
        port = free_port(8300)
        address = f"http://127.0.0.1:{port}"
        environment = os.environ | {"WORKLOAD_DATA_DIR": str(home), "OMP_NUM_THREADS": "1"}
        for arguments in (("serve", "--port", str(port)), ("worker",)):
            command = [sys.executable, "-m", "workload.cli", *arguments]
            process = subprocess.Popen(command, env=environment, start_new_session=True)
            stack.callback(stop, process)
            if arguments[0] == "serve":
                assert wait_until(lambda: healthy(port, "/sante"), process, 60)
        yield address, passwords


def run(seconds: float = SECONDS) -> Seen:
    seen = Seen()
    with service() as (address, passwords):
        people = {login: Person(address, login, password, seen) for login, password in passwords.items()}
        until = time.monotonic() + seconds
        does = {"lecteur": reader, "envoi": sender, "calcul": builder}
        threads = [
            threading.Thread(target=does[login.rstrip("0123456789")], args=(person, until, random.Random(login)))
            for login, person in people.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return seen


def main() -> None:
    seen = run()
    lines = []
    for route, times in sorted(seen.times.items()):
        waited, ours, base = (sorted(column) for column in zip(*times, strict=True))
        p95 = waited[min(len(waited) - 1, int(0.95 * len(waited)))]
        whole = sum(waited) or 1
        lines.append(
            {
                "route": route,
                "n": len(times),
                "median_ms": round(statistics.median(waited), 1),
                "p95_ms": round(p95, 1),
                "ours_share": round((sum(ours) - sum(base)) / whole, 2),
                "database_share": round(sum(base) / whole, 2),
            }
        )
    print(f"{'route':<26}{'n':>6}{'median':>10}{'p95':>10}{'ours':>7}{'db':>6}")
    for line in lines:
        print(
            f"{line['route']:<26}{line['n']:>6}{line['median_ms']:>8} ms{line['p95_ms']:>7} ms"
            f"{100 * float(line['ours_share']):>5.0f} %{100 * float(line['database_share']):>4.0f} %"
        )
    print("done:", ", ".join(f"{n} {what}" for what, n in sorted(seen.done.items())))
    print("errors:", len(seen.wrong), *sorted(set(seen.wrong)))
    Path("var").mkdir(exist_ok=True)
    Path("var/load.json").write_text(json.dumps({"routes": lines, "done": seen.done, "errors": seen.wrong}, indent=1))
    unfinished = [what for what in seen.done if not what.endswith(" done")]
    if seen.wrong or unfinished or not seen.done:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
