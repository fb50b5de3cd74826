"""Sheets for a time-use campaign: one file per agent, or one per team with a sheet per agent."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from workload.catalogue import text
from workload.errors import RequestError
from workload.ingest.study_file import StudyFile
from workload.ingest.survey.layouts import SurveyLayout
from workload.ingest.templates import forms
from workload.ingest.templates.book import file_name, hidden_sheet, save, sheet_name
from workload.ingest.templates.choices import Lists
from workload.ingest.templates.instructions import write_instructions
from workload.ingest.templates.plan import Plan, Respondent, campaign_weeks, make_plan, own_weeks, respondents
from workload.parameters import Taxonomy

FORMS = {
    "agent": "agent-form",
    "team": "agent-form",
    "week": "weekly-grid",
    "list": "long-list",
    "percent": "niagara-percent",
}
"""Form asked for → layout of workload/ingest/layouts/surveys.csv."""


def write_survey_templates(
    posts: pd.DataFrame | None,
    communes: pd.DataFrame | None,
    settings: StudyFile | None,
    items: Taxonomy,
    form: str,
    target_dir: Path,
    weeks_n: int | None = None,
) -> list[Path]:
    """One file per agent of the register, or per site's team; without a register one blank file.

    weeks_n: weeks that each agent fills in, staggered within their team so that together they cover the campaign;
    None: all of them. Raises RequestError on an unknown form, a team without a register, a campaign of no working day.
    """
    if form not in FORMS:
        raise RequestError("template_unknown_form", name=form, known=", ".join(FORMS))
    if weeks_n is not None and weeks_n < 1:
        raise RequestError("template_bad_weeks", value=weeks_n)
    plan = make_plan(settings, items, communes)
    weeks = campaign_weeks(plan.campaign) if plan.campaign else []
    people = respondents(posts, communes) if posts is not None and communes is not None else []
    if not people and (form == "team" or posts is not None):
        raise RequestError("template_no_agents")
    target_dir.mkdir(parents=True, exist_ok=True)
    teams: dict[tuple[str, str], list[tuple[Respondent, list[list[date]]]]] = {}
    for who in people or [Respondent()]:
        team = teams.setdefault((who.territory_name, who.site), [])
        team.append((who, own_weeks(weeks, len(team), weeks_n)))
    written: list[Path] = []
    for (territory, site), team in teams.items():
        groups = [team] if form == "team" else [[member] for member in team]
        for group in groups:
            who = group[0][0]
            wanted = f"equipe_{territory}_{site}" if form == "team" else f"releve_{who.agent}".rstrip("_")
            path = target_dir / f"{file_name(wanted, [p.stem for p in written])}.xlsx"
            save(_book(plan, group, form), path)
            written.append(path)
    return written


def _book(plan: Plan, group: Sequence[tuple[Respondent, list[list[date]]]], form: str) -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    lists = Lists(book)
    missions = {who.mission for who, _ in group}
    write_instructions(book, plan, form, missions.pop() if len(missions) == 1 else "")
    for who, weeks in group:
        _sheets(book, plan, who, weeks, form, lists)
    _sign(book, forms.layout(FORMS[form]), plan)
    book.active = 0
    return book


def _sheets(book: Workbook, plan: Plan, who: Respondent, weeks: list[list[date]], form: str, lists: Lists) -> None:
    taken = book.sheetnames
    if form == "week":
        for week in weeks or [[]]:
            name = text("template_week_sheet", day=f"{week[0]:%d-%m-%Y}") if week else text("template_sheet")
            forms.write_week_sheet(book.create_sheet(name), plan, who, week, lists)
        return
    sheet = book.create_sheet(sheet_name(who.agent, taken) if form == "team" else text("template_sheet"))
    if form == "list":
        forms.write_list_sheet(sheet, plan, who, weeks, lists)
    elif form == "percent":
        forms.write_percent_sheet(sheet, plan, who, lists)
    else:
        forms.write_day_sheet(sheet, plan, who, weeks, lists)


def _sign(book: Workbook, layout: SurveyLayout, plan: Plan) -> None:
    """What this file is, for the software: layout and version, taxonomy, campaign."""
    start, end = plan.campaign or (None, None)
    rows = [
        ("layout", layout.id),
        ("version", layout.version),
        ("taxonomy", plan.taxonomy.id),
        ("campaign_start", start),
        ("campaign_end", end),
        ("study", plan.title),
    ]
    hidden_sheet(book, "_workload", rows)
