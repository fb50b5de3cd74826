"""The two sheets a reader changes: weights, and what is counted."""

from typing import TypeAlias

from workload.reporting.live_workbook.cells import Live, Mission, head_row, headings
from workload.reporting.sheets import Sheet, cell
from workload.reporting.wording import words

MINUTES_PUBLISHED, MINUTES, RATIO, LEDGER, FTE = 4, 5, 6, 7, 8
FIRST_TERRITORY = 4
Firsts: TypeAlias = dict[tuple[str, str], str]
"""Indicator and territory → the cell where it is changed."""
AT_LEAST_ZERO = {"validate": "decimal", "criteria": ">=", "value": 0}


def write_weights(live: Live) -> None:
    sheet = live.sheet("weights", (31, 32, 40, 18, 15, 15, 12, 17, 15))
    sheet.line(words("live.weights_note"))
    sheet.row += 1
    names = ("mission", "domain", "indicator", "unit", "minutes_published", "minutes", "ratio")
    head_row(sheet, headings(*names, "ledger_per_min", "fte_per_min"), 4, 44)
    for mission in live.missions:
        for component in mission.components:
            given = [mission.name, component["domain_label"], component["label"], component["unit"]]
            for column, value in enumerate(given):
                sheet.value(column, value, "label")
            minutes = component["minutes_per_unit"]
            if minutes is None:
                for column in range(MINUTES_PUBLISHED, FTE + 1):
                    sheet.value(column, words("live.secret_everywhere"), "fixed_text")
            else:
                _weight(live, sheet, mission, str(component["id"]), minutes)
                sheet.value(LEDGER, component["ledger_per_min"], "finest")
                sheet.value(FTE, component["fte_per_min"], "tiny")
            sheet.row += 1


def _weight(live: Live, sheet: Sheet, mission: Mission, id: str, minutes: float) -> None:
    published, now = cell(sheet.row, MINUTES_PUBLISHED), cell(sheet.row, MINUTES)
    sheet.value(MINUTES_PUBLISHED, minutes, "fixed")
    sheet.value(MINUTES, minutes, "input")
    sheet.page.data_validation(sheet.row, MINUTES, sheet.row, MINUTES, AT_LEAST_ZERO)
    ratio = f"=IF({published}=0,0,{now}/{published})"
    sheet.formula(RATIO, ratio, 1.0 if minutes else 0.0, "factor")
    live.put(sheet, MINUTES, "weight", mission.id, id)
    live.put(sheet, LEDGER, "ledger_per_min", mission.id, id)
    live.put(sheet, FTE, "fte_per_min", mission.id, id)


def write_units(live: Live) -> None:
    """Component × territory. An indicator counted twice is changed once: later rows follow the first."""
    T = len(live.missions[0].names)
    sheet = live.sheet("units", (31, 32, 40, 17, *[13] * T, 14))
    sheet.line(words("live.units_note"))
    sheet.row += 1
    head = headings("mission", "domain", "indicator", "unit")
    head_row(sheet, [*head, *live.missions[0].names, *headings("department")], 4)
    firsts: Firsts = {}
    for mission in live.missions:
        for p, component in enumerate(mission.components):
            given = [mission.name, component["domain_label"], component["label"], component["unit"]]
            for column, value in enumerate(given):
                sheet.value(column, value, "label")
            for t, territory in enumerate(mission.found.territories):
                _unit(live, sheet, mission, p, t, (str(component["indicator"]), territory), firsts)
            _department(sheet, mission, p)
            sheet.row += 1
        _sums(live, sheet, mission)


def _unit(live: Live, sheet: Sheet, mission: Mission, p: int, t: int, what: tuple[str, str], firsts: Firsts) -> None:
    column, units = FIRST_TERRITORY + t, mission.basis["units"][t][p]
    if units is None:
        sheet.value(column, words("live.hidden"), "fixed_text")
        return
    live.put(sheet, column, "units", mission.id, p, t)
    if what in firsts:
        sheet.formula(column, f"={firsts[what]}", units, "estimate" if isinstance(units, float) else "count")
    else:
        sheet.value(column, units, "input_count")
        sheet.page.data_validation(sheet.row, column, sheet.row, column, AT_LEAST_ZERO)
        firsts[what] = cell(sheet.row, column)


def _department(sheet: Sheet, mission: Mission, p: int) -> None:
    """The total of the row; none where a part of it is closed."""
    T = len(mission.names)
    units = [mission.basis["units"][t][p] for t in range(T)]
    if None in units:
        sheet.value(FIRST_TERRITORY + T, words("live.hidden"), "fixed_text")
    else:
        span = f"{cell(sheet.row, FIRST_TERRITORY)}:{cell(sheet.row, FIRST_TERRITORY + T - 1)}"
        sheet.formula(FIRST_TERRITORY + T, f"=SUM({span})", float(sum(units)), "count")


def _sums(live: Live, sheet: Sheet, mission: Mission) -> None:
    """What is told as one sum, in whole thousandths of a minute and in FTE: closed components, declared allowances."""
    grain, own = mission.basis["grain"], mission.basis["individual"]
    closed = mission.basis["closed"]
    asked = []
    if mission.any_closed:
        asked.append(("secret", [(c["ledger"], c["fte"]) if c else (0, 0.0) for c in closed]))
    if mission.any_own:
        asked.append(("own", list(zip(own["ledger"], own["fte"], strict=True))))
    for name, figures in asked:
        for unit in ("minutes", "fte"):
            sheet.value(0, mission.name, "label")
            for column in (1, 3):
                sheet.value(column, None, "label")
            sheet.value(2, words(f"live.{name}_{unit}"), "label")
            for t, (ledger, fte) in enumerate(figures):
                sheet.value(FIRST_TERRITORY + t, ledger / grain if unit == "minutes" else fte, "fixed")
                live.put(sheet, FIRST_TERRITORY + t, f"{name}_{unit}", mission.id, t)
            sheet.value(FIRST_TERRITORY + len(figures), None, "label")
            sheet.page.set_row(sheet.row, 28)
            sheet.row += 1
