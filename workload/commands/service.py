"""`serve` and `worker`: the two programs of the service, each until it is told to stop. `up` starts both."""

import asyncio
import logging
import os
from typing import Annotated

import typer


def serve(
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port des pages sur cette machine.")] = 8000,
    processes: Annotated[int, typer.Option("--processes", metavar="N", help="Nombre de processus.")] = 2,
) -> None:
    """Sert les pages et l’interface pour programmes, sur cette machine seulement."""
    import uvicorn

    from workload.services.lineage import die_with_parent_if_asked

    die_with_parent_if_asked()
    os.environ.setdefault("WORKLOAD_WEB_BASE_URL", f"http://127.0.0.1:{port}")
    uvicorn.run(
        "workload.web.serving:application",
        factory=True,
        host="127.0.0.1",
        port=port,
        workers=processes,
        access_log=False,  # it would quote what people look for
        server_header=False,
        log_level="warning",
        proxy_headers=bool(os.environ.get("FORWARDED_ALLOW_IPS")),
        timeout_keep_alive=30,
    )


def worker() -> None:
    """Fait les travaux longs : imports, scénarios, publications."""
    from workload.jobs.worker import work
    from workload.services.lineage import die_with_parent_if_asked
    from workload.store import StoreSettings, open_store

    die_with_parent_if_asked()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    settings = StoreSettings()
    with open_store(settings) as engine:
        asyncio.run(work(engine, settings))
