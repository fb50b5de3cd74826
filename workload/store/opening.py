"""The one door to the database: started if need be, migrated, closed behind us."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import URL, Engine

from workload.store.engine import StoreError, make_engine, parse_url, spoken
from workload.store.migrate import migrate
from workload.store.settings import StoreSettings


@contextmanager
def open_store(settings: StoreSettings | None = None) -> Iterator[Engine]:
    """A migrated database. What goes wrong with it comes out as a StoreError, with a sentence.

    The embedded server stops when the last process that opened it has left.
    """
    settings = settings or StoreSettings()
    with ExitStack() as stack:
        url = (
            parse_url(settings.database_url.get_secret_value()) if settings.database_url else _embedded(settings, stack)
        )
        engine = make_engine(url)
        stack.callback(engine.dispose)
        stack.enter_context(spoken(url))
        migrate(engine)
        yield engine


def _embedded(settings: StoreSettings, stack: ExitStack) -> URL:
    if os.name != "posix":
        raise StoreError("store_embedded_unsupported")
    from workload.store.embedded import running  # needs fcntl and pwd, which Windows lacks

    return stack.enter_context(running(settings.data_dir))
