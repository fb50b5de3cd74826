"""The scenario builder: choices on a form, computed as a job; then what would be shown, sharing and publishing."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from workload.catalogue import issue_line
from workload.errors import InputError, RequestError
from workload.ingest.study_file import read_study_file
from workload.ingest.values import slug
from workload.parameters import SUPPORT_DOMAIN
from workload.store.scenario_sheets import read_sheet
from workload.store.scenarios import DRAFT, PUBLISHED, SHARED, SavedScenario, list_scenarios
from workload.store.tasks import find_task, list_tasks
from workload.web import building
from workload.web.access import Account, Action, needs
from workload.web.addresses import go
from workload.web.deposits import start
from workload.web.reading import scenario_of
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.studies import StudyView, studies, study_of
from workload.web.task_words import words_of
from workload.web.words import language_of, say

router = APIRouter()
Builder = Annotated[Account, needs(Action.BUILD_SCENARIO)]
DRAWS = (100, 400)
WANTED = ("draft", "preview")


@router.get("/construire")
def build(request: Request, account: Builder) -> Response:
    found = studies(request)
    if len(found) == 1:
        return go(f"/construire/{found[0].code}")
    return page(request, "construire_liste.html", studies=found)


@router.get("/construire/{study}")
def form(
    request: Request,
    account: Builder,
    study: str,
    depuis: Annotated[str, Query(max_length=200)] = "",
    tache: Annotated[str, Query(max_length=32, pattern="^[0-9a-f]*$")] = "",
) -> HTMLResponse:
    """Empty of changes, or with those of a scenario to start from, or of a computation that kept none."""
    of = study_of(request, study)
    if tache:
        task = find_task(web_of(request).engine, tache)
        if (task.kind, task.study) == ("scenario", study):
            settings = read_study_file(of.home.folder, task.asked["choices"])
            form = building.form_of(of, settings, task.asked["title"], task.asked["description"])
            return _form(request, of, replace(form, values={**form.values, "tirages": str(task.asked["draws"])}))
    known = next((s for s in list_scenarios(web_of(request).engine) if s.key == f"{study}/{depuis}"), None)
    if known is None:
        return _form(request, of, building.form_of(of, of.register.settings))
    settings = read_study_file(of.home.folder, known.choices)
    title = known.title if known.status != PUBLISHED else say(request, "{title}, variante", title=known.title)
    return _form(request, of, building.form_of(of, settings, title, known.description))


@router.post("/construire/{study}")
async def compute(
    request: Request, account: Annotated[Account, needs(Action.COMPUTE_SCENARIO)], study: str
) -> Response:
    """The job, or the form again with what is wrong."""
    of = study_of(request, study)
    given = {name: str(value) for name, value in (await request.form()).multi_items()}
    language = language_of(request)
    try:
        asked, wrong = building.asked_of(of, given)
    except ValidationError:
        return _form(request, of, building.Form(_filled(of, given), errors=(say(request, "Il faut un titre."),)), 422)
    except InputError as error:
        lines = tuple(issue_line(issue, language) for issue in error.issues)
        return _form(request, of, building.Form(_filled(of, given), errors=lines), 422)
    if wrong:
        said = tuple(say(request, "« {text} » n’est pas un nombre.", text=text) for text in wrong.values())
        return _form(request, of, building.Form(_filled(of, given), errors=said, invalid=tuple(wrong)), 422)
    wanted = given.get("voulu", "draft")
    draws = given.get("tirages", "400")
    if wanted not in WANTED or draws not in map(str, DRAWS):
        raise RequestError("build_choice")
    taken = next((s for s in list_scenarios(web_of(request).engine) if s.key == f"{study}/{slug(asked.title)}"), None)
    if taken and wanted == "draft" and not (taken.status == DRAFT and taken.created_by == account.login):
        said = (
            say(
                request,
                "Un scénario porte déjà ce titre, publié, partagé ou d’une autre personne. Choisissez-en un autre.",
            ),
        )
        return _form(request, of, building.Form(_filled(of, given), errors=said), 422)
    task = {
        "title": asked.title,
        "description": asked.description,
        "choices": asked.choices,
        "draws": int(draws),
        "wanted": wanted,
    }
    return go(f"/taches/{start(web_of(request), account, 'scenario', study, task)}")


@router.get("/resultats/{study}/{code}/ouvrir")
def opening(
    request: Request, account: Annotated[Account, needs(Action.PREVIEW_SCENARIO)], study: str, code: str
) -> HTMLResponse:
    """Before anybody else sees it: what would be shown, what is withheld, who would see it."""
    shown = scenario_of(request, account, study, code, Action.PREVIEW_SCENARIO)
    return page(
        request,
        "ouvrir.html",
        scenario=shown,
        saved=_saved(request, shown.sheet.key),
        withheld=shown.sheet.study.get("withheld", []),
    )


@router.post("/resultats/{study}/{code}/partager")
def share(
    request: Request,
    account: Annotated[Account, needs(Action.SHARE_SCENARIO)],
    study: str,
    code: str,
    calcul: Annotated[str, Form(max_length=64)] = "",
) -> RedirectResponse:
    return _open(request, account, f"{study}/{code}", SHARED, calcul)


@router.post("/resultats/{study}/{code}/publier")
def publish(
    request: Request,
    account: Annotated[Account, needs(Action.PUBLISH_SCENARIO)],
    study: str,
    code: str,
    compris: Annotated[str, Form()] = "",
    calcul: Annotated[str, Form(max_length=64)] = "",
) -> RedirectResponse:
    if compris != "oui":
        raise RequestError("publish_not_understood")
    return _open(request, account, f"{study}/{code}", PUBLISHED, calcul)


def _open(request: Request, account: Account, key: str, wanted: str, run: str) -> RedirectResponse:
    """run: the one that the page showed; another computed since must be looked at first."""
    saved = _saved(request, key)
    if run != saved.run_id:
        raise RequestError("scenario_changed_since", title=saved.title)
    asked = {"scenario": key, "wanted": wanted, "title": saved.title, "draws": _draws(request, key), "run": run}
    return go(f"/taches/{start(web_of(request), account, 'publication', saved.study, asked)}")


def _draws(request: Request, key: str) -> int:
    """As many as when it was computed: with others it would be another run."""
    return int(read_sheet(web_of(request).engine, key).study["draws"])


def _saved(request: Request, key: str) -> SavedScenario:
    for saved in list_scenarios(web_of(request).engine):
        if saved.key == key:
            return saved
    raise RequestError("scenario_unknown", id=key)


def _form(request: Request, study: StudyView, form: building.Form, status: int = 200) -> HTMLResponse:
    settings, taxonomy = study.register.settings, study.register.taxonomy
    language = language_of(request)
    tasks = [t for t in list_tasks(web_of(request).engine, kind="scenario", most=8) if t.study == study.code]
    return page(
        request,
        "construire.html",
        status=status,
        study=study,
        form=form,
        weights=building.weights_of(study),
        caseloads=settings.caseloads,
        activities=[(code, label) for code, label in taxonomy.domains.items() if code != SUPPORT_DOMAIN]
        + [(item.code, item.label) for item in taxonomy.items],
        professions=sorted({p for m in settings.missions.values() for p in m.professions}),
        tasks=[(task, words_of(task, language)) for task in tasks],
        sep=building.SEPARATOR,
    )


def _filled(study: StudyView, given: dict[str, str]) -> dict[str, str]:
    """What was typed, over what the study says: the form comes back as it was left."""
    return {**building.form_of(study, study.register.settings).values, **given}
