"""Our own programs beside one another: started, looked after, started again when one dies, stopped together."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from workload.services.process import running_process

LOOK_S = 0.5
REST_S = 1.0
MOST_REST_S = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """A command of ours (`serve`, `worker`) with its environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path


def look_after(
    programs: Sequence[Program], stop: threading.Event, on_start: Callable[[Program, int, bool], None]
) -> None:
    """Runs them until told to stop. on_start hears of each start: the program, its process, whether it had died.

    One that dies again and again is started ever more slowly, and never given up: the database may come back.
    """
    with ExitStack() as all_of_them:
        running: dict[str, tuple[ExitStack, subprocess.Popen[bytes], float]] = {}
        rests = dict.fromkeys((program.name for program in programs), REST_S)

        def start(program: Program, again: bool) -> None:
            own = all_of_them.enter_context(ExitStack())
            command = [sys.executable, "-m", "workload.cli", *program.arguments]
            process = own.enter_context(running_process(command, program.environment, Path.cwd(), program.log))
            running[program.name] = own, process, time.monotonic()
            on_start(program, process.pid, again)

        for program in programs:
            start(program, False)
        while not stop.wait(LOOK_S):
            for program in programs:
                own, process, since = running[program.name]
                if process.poll() is None:
                    continue
                own.close()
                lived = time.monotonic() - since
                rests[program.name] = REST_S if lived > MOST_REST_S else min(rests[program.name] * 2, MOST_REST_S)
                if stop.wait(rests[program.name]):
                    return
                start(program, True)
