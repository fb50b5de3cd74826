""".xls and .ods are read in a process of their own, with bounded memory and time.

A damaged binary workbook can make the quick reader ask for more memory than there is, which ends the whole process: no
exception can be caught. The child ends instead, and the file is refused. Run as a script it reads one file.
"""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 9
MEMORY_BYTES = 2 * 2**30


class DamagedError(Exception):
    """The child did not come back with a workbook; `code` is the catalogue's word for it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_apart(path: Path, most_cells: int) -> list[tuple[str, bool, list[list[Any]], list[Any]]]:
    """(name, visible, rows, merged ranges) of each sheet. Raises DamagedError."""
    command = [sys.executable, "-I", __file__, str(path.resolve()), str(most_cells)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise DamagedError("unreadable_file") from error
    if done.returncode != 0 or not done.stdout:
        raise DamagedError("unreadable_file")
    answer = pickle.loads(done.stdout)  # noqa: S301  # made by our own child, as multiprocessing does
    if isinstance(answer, str):
        raise DamagedError(answer)
    found: list[tuple[str, bool, list[list[Any]], list[Any]]] = answer
    return found


def _read(path: str, most_cells: int) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = []
            for number, meta in enumerate(book.sheets_metadata):
                sheet = book.get_sheet_by_index(number)
                if sheet.total_height * sheet.total_width > most_cells:
                    return "sheet_too_large"
                rows = sheet.to_python(skip_empty_area=False)
                sheets.append(
                    (meta.name, meta.visible == SheetVisibleEnum.Visible, rows, sheet.merged_cell_ranges or [])
                )
            return sheets
    except PasswordError:
        return "encrypted_file"
    except (CalamineError, OSError, ValueError, OverflowError):
        return "unreadable_file"


def _main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # no such limits here: the time limit holds all the same
    sys.stdout.buffer.write(pickle.dumps(_read(sys.argv[1], int(sys.argv[2]))))


if __name__ == "__main__":
    _main()
