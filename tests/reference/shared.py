"""Published results lie beside the project, never in it; tests that want them skip where they are absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared"


def reference(name: str) -> Path:
    """A file of the reference folder, or a skip that says what is missing."""
    path = SHARED / "reference" / name
    if not path.is_file():
        pytest.skip(f"reference table absent: {name}")
    return path


def open_data() -> Path:
    """The folder of open data, or a skip."""
    path = SHARED / "data"
    if not (path / "meurthe_et_moselle").is_dir():
        pytest.skip("folder of open data absent")
    return path
