"""The whole dossier in words: what the sheet says, and nothing else."""

from collections.abc import Sequence

from workload.catalogue import number
from workload.reporting import wording
from workload.reporting.dossier import evidence
from workload.reporting.dossier import missions as pages
from workload.reporting.dossier.answers import objections_of
from workload.reporting.dossier.cover import cover_of
from workload.reporting.dossier.ledger import exact_table, ledger_of
from workload.reporting.dossier.model import Annex, DossierView, Passage, Row, Table
from workload.reporting.dossier.outlines import outlines_of
from workload.reporting.dossier.reading import Mission, as_read, missions_of, occupied_allowed, parameter, surveyed
from workload.reporting.dossier.territory import territory_of
from workload.reporting.dossier.words import entry, posts, say, shortened
from workload.store.scenario_sheets import Sheet

RUNNING_LETTERS = 62


def dossier_view(sheet: Sheet, generated: str) -> DossierView:
    """generated: the time shown. Raises ValueError where a published ledger does not add up."""
    sheet = as_read(sheet)
    all_missions = missions_of(sheet)
    main, others = all_missions[0], all_missions[1:]
    outlines = outlines_of(sheet)
    title = str(sheet.study["title"])
    plan_tables, plan_said = pages.plans(sheet, all_missions)
    return DossierView(
        document=say("head.document", study=title),
        running=shortened(title, RUNNING_LETTERS),
        generated=say("head.generated", generated=generated),
        mark=_mark(sheet),
        simulated=bool(sheet.study["simulated"]),
        study=title,
        cover=cover_of(sheet, all_missions, outlines),
        words=_words(),
        main=say("posts.title", mission=main.name),
        posts=pages.posts_table(sheet, main, say("posts.caption", mission=main.name)),
        posts_intro=f"{say('posts.constant', total=posts(main.whole['total_posts_before']))} {entry('posts.order')}",
        territories=tuple(territory_of(sheet, main, row, k, outlines) for k, row in enumerate(main.allocation)),
        missions=tuple(pages.mission_page(sheet, mission) for mission in others),
        plan_intro=_plan_intro(sheet, bool(plan_tables)),
        plans=plan_tables,
        plans_said=plan_said,
        method=_method(sheet, all_missions),
        limits=_limits(sheet),
        objections=objections_of(sheet, all_missions),
        weights=tuple(evidence.weight_table(sheet, mission) for mission in all_missions),
        weights_intro=say("weights.intro", confidence=_confidence(sheet)),
        sources=evidence.source_table(sheet),
        parameters=evidence.parameter_tables(sheet, all_missions),
        verify=evidence.verify_tables(sheet),
        annexes=tuple(_annex(sheet, mission) for mission in all_missions),
    )


def _mark(sheet: Sheet) -> str:
    """What stands at the head of every page: that data are simulated, that a scenario is not published."""
    status = entry(f"status.names.{sheet.status}")
    if not sheet.study["simulated"]:
        return str(status)
    simulated = entry("head.simulated")
    return str(simulated) if sheet.status == "published" else f"{status} · {simulated}"


def _confidence(sheet: Sheet) -> str:
    return wording.percent(parameter(sheet, "confidence_level", 0.95))


def _words() -> Table:
    rows: Sequence[Sequence[str]] = entry("read.words")
    columns = (entry("read.word"), entry("read.meaning"))
    shown = tuple(Row(tuple(row)) for row in rows)
    return Table(entry("read.words_caption"), columns, (False, False), shown, (2, 5))


def _plan_intro(sheet: Sheet, any_plan: bool) -> str:
    if not any_plan:
        return str(entry("plan.nothing_at_all"))
    return str(entry("plan.intro_occupied" if occupied_allowed(sheet) else "plan.intro_free"))


def _method(sheet: Sheet, missions: Sequence[Mission]) -> tuple[Passage, ...]:
    scenario = sheet.rows("scenario")[0]
    hours = parameter(sheet, "annual_hours", 1607) - parameter(sheet, "deducted_hours", 0)
    params = {
        "minimum": number(parameter(sheet, "minimum_workers", 5), 0),
        "hours": f"{number(hours, 0)}{wording.NO_BREAK}h",
        "step": wording.counted(scenario["step_posts"], "post"),
        "fairness": evidence.fairness_name(sheet),
        "proof": evidence.proved(missions),
        "draws": number(scenario["draws_n"], 0),
        "threshold": wording.percent(parameter(sheet, "kept_in_draws_threshold", 0.8)),
        "deviation": wording.percent(parameter(sheet, "weight_deviation", 0.2)),
    }
    key = "text" if surveyed(sheet) else "without_survey"
    steps = entry("method.steps")
    return tuple(Passage(step["title"], (step.get(key, step["text"]).format(**params),)) for step in steps)


def _limits(sheet: Sheet) -> tuple[str, ...]:
    lines = tuple(entry("limits.lines"))
    return (entry("limits.simulated"), *lines) if sheet.study["simulated"] else lines


def _annex(sheet: Sheet, mission: Mission) -> Annex:
    tables = [
        exact_table(
            ledger_of(sheet, mission.id, row["territory_id"]),
            say("territory.ledger_caption", mission=mission.name, territory=row["territory"]),
        )
        for row in mission.allocation
    ]
    return Annex(mission.name, tuple(tables))
