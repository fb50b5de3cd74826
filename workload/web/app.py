"""The application: every module of pages/ and api/ brings its `router`; none of them may leave a route unguarded."""

import pkgutil
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from workload import __version__
from workload.web import api, pages
from workload.web.access import Action, Needs, Public
from workload.web.refusals import install
from workload.web.shield import Shield
from workload.web.state import Web
from workload.web.timing import Timing

STATIC = Path(__file__).parent / "static"


def create_app(web: Web) -> FastAPI:
    app = FastAPI(
        title="Charge de travail",
        version=__version__,
        description="Les résultats, les imports et les scénarios, avec les droits du compte qui demande.",
        openapi_url=None,  # served by api/documentation.py, without the pages and without an outside host
        docs_url=None,
        redoc_url=None,
    )
    app.state.web = web
    for package in (pages, api):
        for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
            # The routes themselves, not an included router: then app.routes is all there is, to check and to test.
            app.router.routes.extend(import_module(f"{package.__name__}.{name}").router.routes)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    guarded(app)
    install(app)
    app.add_middleware(Shield, owner=app, options=web.options)
    app.add_middleware(Timing, engine=web.engine)
    return app


def guarded(app: FastAPI) -> dict[tuple[str, str], Action | None]:
    """(method, path) → the action it needs, None where it is public. A route that says neither stops the start."""
    found: dict[tuple[str, str], Action | None] = {}
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, StaticFiles):
            continue
        if not isinstance(route, APIRoute):
            raise RuntimeError(f"{getattr(route, 'path', route)}: not a route of ours; it cannot be guarded")
        doors = [d.call for d in route.dependant.dependencies if isinstance(d.call, Needs | Public)]
        if len(doors) != 1:
            raise RuntimeError(f"{route.path}: declare one action with needs(Action.…), or public")
        door = doors[0]
        for method in route.methods or ():
            if (method, route.path) in found:
                raise RuntimeError(f"{method} {route.path}: declared twice")
            found[method, route.path] = door.action if isinstance(door, Needs) else None
    return found
