"""Fair shares as formulas, beside the posts that were published."""

from workload.reporting.live_workbook.cells import Live, Mission, head_row, headings, quoted, text_formula
from workload.reporting.sheets import Sheet, cell
from workload.reporting.wording import words

MOVED_AT_LEAST = "1E-9"
CURRENT, NEED, WHOLE, SHARE, FAIR, PUBLISHED, MOVED, FINAL, REMARK = range(2, 11)


def write_share(live: Live) -> None:
    sheet = live.sheet("share", (34, 20, 13, 12, 18, 11, 13, 13, 13, 13, 30))
    sheet.line(words("live.share_note"))
    sheet.row += 1
    names = ("mission", "territory", "current", "need_fte", "whole", "share", "fair_share", "fair_published", "moved")
    head_row(sheet, headings(*names, "final"), 2, 44)
    sheet.page.write_string(sheet.row - 1, REMARK, headings("remark")[0], sheet.formats["heading_indent"])
    for mission in live.missions:
        first = sheet.row
        total_row = first + len(mission.names)
        live.places["posts", mission.id] = f"'{sheet.page.name}'!$C${total_row + 1}"
        for t, name in enumerate(mission.names):
            _line(live, sheet, mission, t, name, total_row)
        _total(live, sheet, mission, first)


def _line(live: Live, sheet: Sheet, mission: Mission, t: int, name: str, total_row: int) -> None:
    found, ledger = mission.found, mission.found.ledgers[t]
    whole, all_whole = found.whole_need[t], sum(found.whole_need)
    sheet.value(0, mission.name, "label")
    sheet.value(1, name, "label")
    sheet.value(CURRENT, ledger.current, "fixed_posts")
    live.put(sheet, CURRENT, "current", mission.id, t)
    sheet.formula(NEED, f"={live.at('need_fte', mission.id, t)}", found.need_fte[t], "fine")
    sheet.formula(WHOLE, f"={live.at('whole_need', mission.id, t)}", whole, "whole")
    all_need = live.at("whole_need_total", mission.id)
    sheet.formula(SHARE, f"={cell(sheet.row, WHOLE)}/{all_need}", whole / all_whole, "share")
    posts = f"$C${total_row + 1}"
    fair = float(ledger.fair_share)
    sheet.formula(FAIR, f"={posts}*{cell(sheet.row, WHOLE)}/{all_need}", fair, "finest")
    live.put(sheet, FAIR, "fair_share", mission.id, t)
    sheet.value(PUBLISHED, fair, "finest")
    live.put(sheet, PUBLISHED, "fair_published", mission.id, t)
    gap = f"{cell(sheet.row, FAIR)}-{cell(sheet.row, PUBLISHED)}"
    sheet.formula(MOVED, f"=IF(ABS({gap})<{MOVED_AT_LEAST},0,{gap})", 0.0, "moved")
    live.put(sheet, MOVED, "moved", mission.id, t)
    sheet.value(FINAL, ledger.final, "fixed_posts")
    live.put(sheet, FINAL, "final", mission.id, t)
    flag = f'=IF({cell(sheet.row, MOVED)}=0,"",{quoted(words("live.flag_short"))})'
    text_formula(sheet, REMARK, flag, "", "flag")
    sheet.row += 1


def _total(live: Live, sheet: Sheet, mission: Mission, first: int) -> None:
    found, last = mission.found, sheet.row - 1
    sheet.value(0, mission.name, "label", total=True)
    sheet.value(1, words("live.total"), "label", total=True)
    total = float(sum(ledger.current for ledger in found.ledgers))
    sums: list[tuple[int, float, str]] = [
        (CURRENT, total, "fixed_posts"),
        (NEED, sum(found.need_fte), "fine"),
        (WHOLE, sum(found.whole_need), "whole"),
        (SHARE, 1.0, "share"),
        (FAIR, total, "finest"),
        (PUBLISHED, total, "finest"),
        (FINAL, float(sum(ledger.final for ledger in found.ledgers)), "fixed_posts"),
    ]
    for column, value, style in sums:
        span = f"{cell(first, column)}:{cell(last, column)}"
        sheet.formula(column, f"=SUM({span})", value, style, total=True)
    for column in (MOVED, REMARK):
        sheet.value(column, None, "label", total=True)
    live.put(sheet, FAIR, "fair_total", mission.id)
    sheet.row += 2
