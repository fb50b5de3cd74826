"""The service: a JSON API and pages for managers, the HR direction, staff representatives and the administration.

A module in pages/ or api/ with a `router` is part of the application; each of its routes declares one action, or
`dependencies=[public]`, or the application does not start. Action, rights, scopes: `rights.py`, nowhere else.

    router = APIRouter()

    @router.get("/releves")                                                    # a page: nobody there → /connexion
    def sheets(request: Request, account: Annotated[Account, needs(Action.SEE_PROGRESS)]) -> HTMLResponse:
        mine = territories_of(account, every_code, Action.SEE_PROGRESS)
        return page(request, "releves.html", territories=mine)     # template: account, csrf, language, _("…"), may("…")

    @router.post("/api/v1/scenarios/{key:path}/publish")                       # API: problem+json 401, 403
    def publish(request: Request, key: str, account: Annotated[Account, needs(Action.PUBLISH_SCENARIO)]) -> Done: ...

`require(account, action, territory=…, scenario_status=…)` for what only the route knows (the territory inside a file,
the state of a scenario); a territory named in path, query, form or JSON body (`access.TERRITORY_NAMES`) is checked
already. Every form: `<input type="hidden" name="csrf" value="{{ csrf }}">`; scripts send X-CSRF-Token. A WorkloadError
raised anywhere becomes a page with its sentence (…_unknown 404, InputError 422 with its lines, else 400).
Handlers are plain `def`: they run in threads. After a form: `return go("/releves")`. `web_of(request)` has engine,
settings, options. Sentences in Python: `say(request, "…")`. English: english.yaml, or your own english_*.yaml.
Actors of `record(...)`: `account.login`. Uploads over `largest_body_kb` pass as multipart/form-data only.
"""
