"""Logs count, never quote: neither a message with a figure in it, nor who looked at what."""

import logging
import os
from typing import Any

from superset.utils.log import DBEventLogger
from superset.utils.logging_configurator import LoggingConfigurator


class QuietFormatter(logging.Formatter):
    """Where something went wrong and what kind of thing; the message itself may quote a query or a row."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        when = self.formatTime(record)
        return f"{when} {record.levelname} {record.name}.{record.funcName}:{record.lineno} {kind}".rstrip()


class QuietLogging(LoggingConfigurator):
    def configure_logging(self, app_config: Any, debug_mode: bool) -> None:
        handler = logging.StreamHandler()
        if os.environ.get("WORKLOAD_DEBUG") != "1":
            handler.setFormatter(QuietFormatter())
        logging.getLogger().handlers = [handler]
        logging.getLogger().setLevel(app_config["LOG_LEVEL"])
        logging.getLogger("flask_appbuilder").setLevel(logging.ERROR)
        logging.captureWarnings(True)


class CountingEventLogger(DBEventLogger):
    """How often each dashboard and chart is opened, not by whom."""

    def log(
        self,
        user_id: int | None,
        action: str,
        dashboard_id: int | None,
        duration_ms: int | None,
        slice_id: int | None,
        referrer: str | None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        records = kwargs.get("records") or [{}]
        kept = [{key: record[key] for key in ("dashboard_id", "slice_id") if key in record} for record in records]
        super().log(None, action, dashboard_id, duration_ms, slice_id, None, records=kept)
