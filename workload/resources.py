"""Where the files that are not Python lie: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent
PARAMETERS = PACKAGE / "parameters"
LAYOUTS = PACKAGE / "ingest" / "layouts"
MESSAGES = PACKAGE / "messages"


def reports() -> Path:
    """Folder of the report's templates, styles and wording."""
    installed = PACKAGE / "_reports"
    return installed if installed.is_dir() else PACKAGE.parent / "reports"
