"""Need as formulas: FTE, then thousandths of a minute before and after the one rounding there is."""

from workload.recount import SECRET
from workload.reporting.live_workbook.cells import Live, Mission, head_row, headings
from workload.reporting.sheets import Sheet, cell
from workload.reporting.wording import words

LABELS = 2
INDIVIDUAL = "allocations@individuelles"


def write_need(live: Live) -> None:
    T = len(live.missions[0].names)
    sheet = live.sheet("need", (32, 40, *[15] * T, 16, 14))
    sheet.line(words("live.need_note"))
    sheet.row += 1
    names = [*headings("domain", "indicator"), *live.missions[0].names, *headings("department")]
    if any(mission.any_closed for mission in live.missions):
        names += headings("closed_part")
    head_row(sheet, names, LABELS)
    breaks = []
    for mission in live.missions:
        _fte(live, sheet, mission)
        _exact(live, sheet, mission)
        _whole(live, sheet, mission)
        breaks.append(sheet.row)
    sheet.page.set_h_pagebreaks(breaks[:-1])


def _section(sheet: Sheet, title: str, columns: int) -> None:
    sheet.page.write_string(sheet.row, 0, title, sheet.formats["section"])
    for column in range(1, columns):
        sheet.page.write_blank(sheet.row, column, None, sheet.formats["section"])
    sheet.row += 1


def _row(sheet: Sheet, domain: str, label: str) -> None:
    sheet.value(0, domain, "label")
    sheet.value(1, label, "label")


def _fte(live: Live, sheet: Sheet, mission: Mission) -> None:
    T, found = len(mission.names), mission.found
    _section(sheet, words("live.fte_title", mission=mission.name), LABELS + T + 2)
    first = sheet.row
    for p, component in enumerate(mission.components):
        id = str(component["id"])
        _row(sheet, component["domain_label"], component["label"])
        for t in range(T):
            if id in mission.closed(t):
                sheet.value(LABELS + t, words("live.hidden"), "fixed_text")
                continue
            formula = f"={live.at('units', mission.id, p, t)}*{live.at('weight', mission.id, id)}"
            formula += f"*{live.at('fte_per_min', mission.id, id)}"
            sheet.formula(LABELS + t, formula, found.contributions_fte[t][id], "fine")
        sheet.row += 1
    for name, key in (("secret", SECRET), ("own", INDIVIDUAL)):
        if mission.any_closed if name == "secret" else mission.any_own:
            _row(sheet, "", words(f"live.{name}"))
            for t in range(T):
                value = found.contributions_fte[t].get(key, 0.0)
                sheet.formula(LABELS + t, f"={live.at(f'{name}_fte', mission.id, t)}", value, "fine")
            sheet.row += 1
    sheet.value(0, words("live.total"), "label", total=True)
    sheet.value(1, None, "label", total=True)
    for t in range(T):
        span = f"{cell(first, LABELS + t)}:{cell(sheet.row - 1, LABELS + t)}"
        sheet.formula(LABELS + t, f"=SUM({span})", found.need_fte[t], "fine", total=True)
        live.put(sheet, LABELS + t, "need_fte", mission.id, t)
    span = f"{cell(sheet.row, LABELS)}:{cell(sheet.row, LABELS + T - 1)}"
    sheet.formula(LABELS + T, f"=SUM({span})", sum(found.need_fte), "fine", total=True)
    live.put(sheet, LABELS + T, "need_fte_total", mission.id)
    sheet.row += 2


def _exact(live: Live, sheet: Sheet, mission: Mission) -> None:
    """Multiplied in the order the engine does, so that the last bit is the same."""
    T, grain = len(mission.names), mission.basis["grain"]
    _section(sheet, words("live.exact_title", mission=mission.name), LABELS + T + 2)
    for p, component in enumerate(mission.components):
        id = str(component["id"])
        _row(sheet, component["domain_label"], component["label"])
        for t in range(T):
            if id in mission.closed(t):
                sheet.value(LABELS + t, words("live.hidden"), "fixed_text")
                continue
            units, minutes = mission.basis["units"][t][p], component["minutes_per_unit"]
            formula = f"={live.at('units', mission.id, p, t)}*{live.at('weight', mission.id, id)}"
            formula += f"*{live.at('ledger_per_min', mission.id, id)}*{grain}"
            value = units * minutes * component["ledger_per_min"] * grain
            sheet.formula(LABELS + t, formula, value, "estimate")
            live.put(sheet, LABELS + t, "exact", mission.id, id, t)
        sheet.row += 1
    sheet.row += 1


def _whole(live: Live, sheet: Sheet, mission: Mission) -> None:
    T, found = len(mission.names), mission.found
    _section(sheet, words("live.whole_title", mission=mission.name), LABELS + T + 2)
    first = sheet.row
    for component in mission.components:
        id = str(component["id"])
        _row(sheet, component["domain_label"], component["label"])
        for t in range(T):
            if id in mission.closed(t):
                sheet.value(LABELS + t, words("live.hidden"), "fixed_text")
                continue
            sheet.formula(LABELS + t, nearest(live.at("exact", mission.id, id, t)), found.ledger_need[t][id], "whole")
            live.put(sheet, LABELS + t, "whole", mission.id, id, t)
        _department(live, sheet, mission, id)
        sheet.row += 1
    grain = mission.basis["grain"]
    for name, key in (("secret", SECRET), ("own", INDIVIDUAL)):
        if mission.any_closed if name == "secret" else mission.any_own:
            _row(sheet, "", words(f"live.{name}"))
            for t in range(T):
                value = found.ledger_need[t].get(key, 0)
                formula = f"=ROUND({live.at(f'{name}_minutes', mission.id, t)}*{grain},0)"
                sheet.formula(LABELS + t, formula, value, "whole")
                live.put(sheet, LABELS + t, "whole", mission.id, key, t)
            total = sum(of.get(key, 0) for of in found.ledger_need)
            span = f"{cell(sheet.row, LABELS)}:{cell(sheet.row, LABELS + T - 1)}"
            sheet.formula(LABELS + T, f"=SUM({span})", total, "whole")
            live.put(sheet, LABELS + T, "whole_total", mission.id, key)
            sheet.row += 1
    sheet.value(0, words("live.total"), "label", total=True)
    sheet.value(1, None, "label", total=True)
    for t in range(T):
        span = f"{cell(first, LABELS + t)}:{cell(sheet.row - 1, LABELS + t)}"
        sheet.formula(LABELS + t, f"=SUM({span})", found.whole_need[t], "whole", total=True)
        live.put(sheet, LABELS + t, "whole_need", mission.id, t)
    span = f"{cell(sheet.row, LABELS)}:{cell(sheet.row, LABELS + T - 1)}"
    sheet.formula(LABELS + T, f"=SUM({span})", sum(found.whole_need), "whole", total=True)
    live.put(sheet, LABELS + T, "whole_need_total", mission.id)
    sheet.row += 2


def nearest(x: str) -> str:
    """Rounded to the nearest whole number, to the even one where two are as near: as the engine does (IEEE 754)."""
    return f"=ROUND({x},0)-IF(AND({x}-INT({x})=0.5,ISODD(INT({x})+1)),1,0)"


def _department(live: Live, sheet: Sheet, mission: Mission, id: str) -> None:
    """The component's total: what is open, and what is closed of it, which moves with no weight."""
    T, found = len(mission.names), mission.found
    if id not in found.department_need:
        sheet.value(LABELS + T, words("live.hidden"), "fixed_text")
        return
    open_part = sum(of.get(id, 0) for of in found.ledger_need)
    span = f"{cell(sheet.row, LABELS)}:{cell(sheet.row, LABELS + T - 1)}"
    formula, closed_part = f"=SUM({span})", found.department_need[id] - open_part
    if any(id in mission.closed(t) for t in range(T)):
        sheet.value(LABELS + T + 1, closed_part, "fixed")
        live.put(sheet, LABELS + T + 1, "closed_part", mission.id, id)
        formula += f"+{cell(sheet.row, LABELS + T + 1)}"
    sheet.formula(LABELS + T, formula, found.department_need[id], "whole")
    live.put(sheet, LABELS + T, "whole_total", mission.id, id)
