"""Files into the store: each whole or not at all, whatever happens; earlier ones stay in history.

with open_store(settings) as engine:
    summary = import_files(engine, paths, study, by="Mme Martin", on_file=show)
"""

from workload.store.importing.files import import_files
from workload.store.importing.history import Campaign, Imported, import_history, list_campaigns, read_entries
from workload.store.importing.outcomes import FileOutcome, ImportSummary, Outcome

__all__ = [
    "Campaign",
    "FileOutcome",
    "ImportSummary",
    "Imported",
    "Outcome",
    "import_files",
    "import_history",
    "list_campaigns",
    "read_entries",
]
