"""Processes that end with the one that started them, however that one ended."""

import contextlib
import os
import signal

WITH_PARENT = "WORKLOAD_WITH_PARENT"
"""Set by `up` for the programs that it starts: killed, it must leave none behind that holds its port or its queue."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux only; elsewhere whoever starts us must stop us."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def die_with_parent_if_asked() -> None:
    if os.environ.get(WITH_PARENT) == "1":
        die_with_parent()
