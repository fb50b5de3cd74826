"""The live workbook, sheet after sheet: each names cells of those before it."""

from datetime import date, datetime, time
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from workload.errors import RequestError
from workload.recount import recount
from workload.reporting.live_workbook.cells import Live, Mission, new_live, quoted, text_formula
from workload.reporting.live_workbook.control_sheet import write_control
from workload.reporting.live_workbook.inputs import write_units, write_weights
from workload.reporting.live_workbook.ledger_sheet import write_ledger
from workload.reporting.live_workbook.need_sheet import write_need
from workload.reporting.live_workbook.share_sheet import write_share
from workload.reporting.sheets import Sheet
from workload.reporting.wording import entry, words
from workload.store.scenario_sheets import Sheet as ScenarioSheet


def write_live_workbook(sheet: ScenarioSheet, path: Path) -> None:
    """Writes the workbook of a scenario: formulas with the values they have. Same sheet, same bytes.

    Raises RequestError where the scenario shares out several pools of posts in one mission: their formulas differ;
    OSError where the file cannot be written.
    """
    order = [row["mission_id"] for row in sheet.tables["scenario_mission"]]
    missions = [Mission(sheet.basis[id], recount(sheet.basis[id])) for id in order]
    if any(mission.basis["instance"]["pools"] for mission in missions):
        raise RequestError("live_workbook_pools")
    study = sheet.study
    title = f"{sheet.tables['scenario'][0]['scenario']} — {study['title']}"
    live = new_live(str(path), title, study["notice"].strip() if study["simulated"] else "", missions)
    day = datetime.combine(date.fromisoformat(study["day"]), time())
    live.book.set_properties({"title": words("live.title"), "subject": title, "created": day})
    live.book.set_calc_mode("auto")
    guide = live.sheet("guide", (14, 92))
    write_weights(live)
    write_units(live)
    write_need(live)
    write_share(live)
    write_ledger(live)
    write_control(live)
    _guide(live, guide)
    try:
        live.book.close()
    except FileCreateError as error:  # a full disk is an OSError wherever else it is met
        raise OSError(*getattr(error.args[0], "args", error.args)) from error


def _guide(live: Live, sheet: Sheet) -> None:
    said = entry("live.guide")
    sheet.page.fit_to_pages(1, 1)
    sheet.row += 1
    for text in said["lines"]:
        sheet.line(text, "wrapped")
    for style, key in (("input", "input"), ("fixed", "locked")):
        sheet.value(0, None, style)
        sheet.values([None, said[key]], [style, "wrapped"])
    sheet.row += 1
    sheet.line(said["sheets_title"], "section")
    for name, about in said["about"].items():
        sheet.values([words(f"live.sheets.{name}"), about], ["label", "wrapped"])
    sheet.row += 1
    sheet.line(said["values_title"], "section")
    for text in said["values"]:
        sheet.line(text, "wrapped")
    sheet.row += 1
    sheet.line(said["status_title"], "section")
    status = f"=IF({live.places[('status',)]}=0,{quoted(said['status_same'])},{quoted(said['status_moved'])})"
    sheet.page.merge_range(sheet.row, 0, sheet.row, 1, "", sheet.formats["status"])
    text_formula(sheet, 0, status, said["status_same"], "status")
    moved = {"type": "formula", "criteria": f"={live.places[('status',)]}>0", "format": live.formats["alarm"]}
    sheet.page.conditional_format(sheet.row, 0, sheet.row, 1, moved)
    sheet.page.set_row(sheet.row, 30)
    sheet.row += 1
