"""What the API offers: openapi.json for programs, and a page of our own, since FastAPI's comes from another host."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute

from workload.web.access import SCOPES, Needs, public
from workload.web.rendering import page

router = APIRouter(prefix="/api/v1", tags=["documentation"])


@router.get("/openapi.json", dependencies=[public])
def openapi(request: Request) -> JSONResponse:
    """Cette description, pour des programmes."""
    return JSONResponse(describe(request.app))


@router.get("", dependencies=[public])
def documentation(request: Request) -> HTMLResponse:
    """Cette description, pour des personnes."""
    routes = [
        {"methods": sorted(route.methods or ()), "path": route.path, "said": _first(route), "scopes": scopes(route)}
        for route in api_routes(request.app)
    ]
    return page(request, "api.html", routes=routes)


def api_routes(app: FastAPI) -> list[APIRoute]:
    found = [route for route in app.routes if isinstance(route, APIRoute) and route.path.startswith("/api/")]
    return sorted(found, key=lambda route: route.path)


def scopes(route: APIRoute) -> list[str]:
    """The token scopes that open a route; none for what is public, or for people only."""
    actions = [door.call.action for door in route.dependant.dependencies if isinstance(door.call, Needs)]
    return [scope for scope, allowed in SCOPES.items() if actions and actions[0] in allowed]


def describe(app: FastAPI) -> dict[str, Any]:
    said = get_openapi(title=app.title, version=app.version, description=app.description, routes=api_routes(app))
    said.setdefault("components", {})["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "Un jeton, fait sur la page « Mon compte »."}
    }
    for route in api_routes(app):
        if any(isinstance(door.call, Needs) for door in route.dependant.dependencies):
            for method in route.methods or ():
                said["paths"][route.path_format][method.lower()]["security"] = [{"token": []}]
    return said


def _first(route: APIRoute) -> str:
    return (route.description or "").strip().partition("\n")[0]
