"""The sums that must be nothing, as formulas; and whether anything was changed."""

from workload.reporting.live_workbook.cells import Live, head_row, headings, quoted, text_formula
from workload.reporting.live_workbook.need_sheet import INDIVIDUAL
from workload.reporting.sheets import Sheet, cell
from workload.reporting.wording import words

NAME, GAP, VERDICT = range(3)
NOTHING = "1E-9"


def write_control(live: Live) -> None:
    sheet = live.sheet("control", (92, 16, 14))
    sheet.row += 1
    head_row(sheet, headings("sum", "gap", "verdict"), 1, 18)
    sheet.page.write_string(sheet.row - 1, VERDICT, headings("verdict")[0], sheet.formats["heading_indent"])
    _section(sheet, words("live.checks_always"))
    for mission in live.missions:
        _check(sheet, words("live.checks.total", mission=mission.name), _total(live, mission.id), "wrong")
        for t, name in enumerate(mission.names):
            formula = f"{live.at('ledger_fair', mission.id, t)}-{live.at('fair_share', mission.id, t)}"
            _check(sheet, words("live.checks.rows", mission=mission.name, territory=name), formula, "wrong")
        labels = {str(c["id"]): str(c["label"]) for c in mission.components} | {INDIVIDUAL: words("live.own")}
        if not mission.any_closed:
            for id, label in labels.items():
                rows = live.all_of("row", mission.id, id)
                if rows:
                    said = words("live.checks.component", mission=mission.name, component=label)
                    _check(sheet, said, "+".join(rows), "wrong")
    _section(sheet, words("live.checks_published"))
    first = sheet.row
    for mission in live.missions:
        fte = f"{live.at('need_fte_total', mission.id)}-{sum(mission.found.need_fte)!r}"
        _check(sheet, words("live.checks.fte", mission=mission.name), fte, "changed")
        for t, name in enumerate(mission.names):
            formula = f"{live.at('ledger_fair', mission.id, t)}+{live.at('ledger_values', mission.id, t)}"
            formula += f"-{live.at('ledger_final', mission.id, t)}"
            _check(sheet, words("live.checks.final", mission=mission.name, territory=name), formula, "changed")
    verdicts = f"'{sheet.page.name}'!$C${first + 1}:$C${sheet.row}"
    live.places["status",] = f"COUNTIF({verdicts},{quoted(words('live.changed'))})"


def _total(live: Live, mission: str) -> str:
    return f"{live.at('fair_total', mission)}-{live.at('posts', mission)}"


def _section(sheet: Sheet, title: str) -> None:
    for column in range(3):
        sheet.page.write_string(sheet.row, column, "" if column else title, sheet.formats["section"])
    sheet.row += 1


def _check(sheet: Sheet, name: str, formula: str, otherwise: str) -> None:
    sheet.value(NAME, name, "label")
    sheet.formula(GAP, f"=ROUND({formula},9)", 0.0, "finest_row")
    good, other = quoted(words("live.good")), quoted(words(f"live.{otherwise}"))
    verdict = f"=IF(ABS({cell(sheet.row, GAP)})<{NOTHING},{good},{other})"
    text_formula(sheet, VERDICT, verdict, words("live.good"), "label")
    sheet.row += 1
