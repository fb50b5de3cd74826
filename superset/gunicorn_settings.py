"""How gunicorn serves Superset: two processes that share what they loaded, eight threads each."""

from typing import Any

workers = 2
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 3  # an idle browser keeps its connection open: do not wait for it
limit_request_line = 0
limit_request_field_size = 0
control_socket_disable = True
preload_app = True
loglevel = "warning"
accesslog = None
proc_name = "workload-superset"


def post_fork(server: Any, worker: Any) -> None:
    """Connections opened while loading belong to the parent: two processes must not speak over one."""
    from superset.extensions import db

    application = server.app.wsgi()
    with application.app_context():
        db.engine.dispose(close=False)
