"""Programs that some tests drive: skipped where one is missing, but never in continuous integration."""

import os
import shutil

import pytest


def require_program(name: str) -> str:
    """The program's path. Without it the test is skipped and says why; in continuous integration it fails."""
    found = shutil.which(name)
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed")
    pytest.skip(f"{name} is not installed")
