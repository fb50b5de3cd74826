"""Work on many files in a few processes: results in order, few of them waiting, and a file that kills its reader lost
alone."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 8
MOST_PROCESSES = 4
AHEAD = 2  # chunks per process that are being read or wait to be taken

_work: Callable[[Any], Any]


def each(work: Callable[[T], R], items: Sequence[T], lost: Callable[[T], R]) -> Iterator[R]:
    """`work` on every item, in order; `lost` gives the result of an item on which it failed or its process died."""
    todo = deque(items[at : at + CHUNK] for at in range(0, len(items), CHUNK))
    while todo:
        processes = min(_cores(), MOST_PROCESSES, len(todo))
        with _pool(work, processes) as pool:
            try:
                yield from _until_crash(pool, todo, processes * AHEAD, lost)
            except BrokenProcessPool:
                pass
            else:
                return
        yield from _one_by_one(work, todo.popleft(), lost)  # innocent perhaps: the culprit soon comes to the head


def _until_crash(
    pool: ProcessPoolExecutor, todo: deque[Sequence[T]], ahead: int, lost: Callable[[T], R]
) -> Iterator[R]:
    """Results of `todo` from its head, which is taken off once its results are here."""
    futures: deque[Future[list[R | None]]] = deque()
    while todo:
        while len(futures) < min(ahead, len(todo)):
            futures.append(pool.submit(_run, todo[len(futures)]))
        results = futures.popleft().result()
        for item, result in zip(todo.popleft(), results, strict=True):
            yield lost(item) if result is None else result


def _one_by_one(work: Callable[[T], R], items: Sequence[T], lost: Callable[[T], R]) -> Iterator[R]:
    """A chunk in which a process died, one item at a time in a process apart: now the culprit shows."""
    todo = deque(items)
    while todo:
        with _pool(work, 1) as pool:
            try:
                while todo:
                    result: R | None = pool.submit(_run, [todo[0]]).result()[0]
                    item = todo.popleft()
                    yield lost(item) if result is None else result
            except BrokenProcessPool:
                yield lost(todo.popleft())


@contextmanager
def _pool(work: Callable[[Any], Any], processes: int) -> Iterator[ProcessPoolExecutor]:
    """Forked where that is safe (Linux, one thread), as it starts at once; else processes of their own."""
    forked = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forked else "spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_start, initargs=(work,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(items: Sequence[Any]) -> list[Any]:
    return [_guarded(item) for item in items]


def _guarded(item: Any) -> Any:
    """None where the work failed. A parser's panic is no Exception, hence the wide net."""
    try:
        return _work(item)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        return None
