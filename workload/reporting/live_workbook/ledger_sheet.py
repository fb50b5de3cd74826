"""The justification of each territory: indicator rows as formulas, rounding and rules as the values they are."""

from fractions import Fraction

from workload.allocation.figures import decimal_text
from workload.allocation.justify import LedgerRow, RowKind
from workload.catalogue import text
from workload.recount import SECRET
from workload.reporting.live_workbook.cells import Live, Mission, head_row, headings, quoted, text_formula
from workload.reporting.live_workbook.need_sheet import INDIVIDUAL
from workload.reporting.sheets import Sheet, cell
from workload.reporting.wording import words

TERRITORY, CAUSE, KIND, POSTS, AFTER, PUBLISHED, MOVED = range(1, 8)


def write_ledger(live: Live) -> None:
    sheet = live.sheet("ledger", (36, 20, 48, 18, 13, 16, 13, 15))
    sheet.line(words("live.ledger_note"))
    sheet.row += 1
    names = ("mission", "territory", "cause", "kind", "posts", "after", "posts_published", "moved")
    head_row(sheet, headings(*names), 4)
    breaks = []
    for mission in live.missions:
        for t in range(len(mission.names)):
            _block(live, sheet, mission, t)
            breaks.append(sheet.row)
    sheet.page.set_h_pagebreaks(breaks[:-1])


def _block(live: Live, sheet: Sheet, mission: Mission, t: int) -> None:
    ledger, top = mission.found.ledgers[t], sheet.row
    labels = {c["id"]: str(c["label"]) for c in mission.components}
    labels |= {SECRET: words("live.secret"), INDIVIDUAL: words("live.own")}
    current = live.at("current", mission.id, t)
    _line(sheet, mission, t, words("live.start_row"), "start")
    sheet.formula(POSTS, f"={current}", float(ledger.current), "posts")
    _after(sheet, top, ledger.current, ledger.current)
    at = ledger.current
    for row in ledger.rows:
        if row.kind is RowKind.INDICATOR:
            at += row.posts
            _line(sheet, mission, t, labels[row.cause], "indicator")
            sheet.formula(POSTS, _indicator(live, mission, t, row.cause), float(row.posts), "finest_row")
            live.put(sheet, POSTS, "row", mission.id, row.cause, t)
            _after(sheet, top, at, row.posts)
    _line(sheet, mission, t, words("live.fair_row"), "fair", total=True)
    sum_now = f"=SUM({cell(top, POSTS)}:{cell(sheet.row - 1, POSTS)})"
    sheet.formula(POSTS, sum_now, float(ledger.fair_share), "finest", total=True)
    live.put(sheet, POSTS, "ledger_fair", mission.id, t)
    sheet.formula(AFTER, f"={cell(sheet.row, POSTS)}", float(ledger.fair_share), "finest", total=True)
    fair_row = sheet.row
    _published(sheet, ledger.fair_share, "finest_total")
    values = []
    for row in ledger.rows:
        if row.kind is not RowKind.INDICATOR:
            at += row.posts
            values.append(cell(sheet.row, POSTS))
            _value(sheet, mission, t, row, fair_row, at)
    _line(sheet, mission, t, words("live.end_row"), "end", total=True)
    sheet.value(POSTS, ledger.final, "fixed_posts", total=True)
    live.put(sheet, POSTS, "ledger_final", mission.id, t)
    live.places["ledger_values", mission.id, t] = "+".join(f"'{sheet.page.name}'!{v}" for v in values)
    sheet.value(AFTER, None, "label", total=True)
    sheet.value(PUBLISHED, ledger.final, "fixed_posts", total=True)
    sheet.value(MOVED, None, "label", total=True)
    sheet.row += 1
    flag = f'=IF({live.at("moved", mission.id, t)}=0,"",{quoted(words("live.flag"))})'
    sheet.page.merge_range(sheet.row, CAUSE, sheet.row, MOVED, "", sheet.formats["flag"])
    text_formula(sheet, CAUSE, flag, "", "flag")
    sheet.page.set_row(sheet.row, 28)
    sheet.row += 1


def _line(sheet: Sheet, mission: Mission, t: int, label: str, kind: str, total: bool = False) -> None:
    for column, value in enumerate((mission.name, mission.names[t], label, words(f"live.kinds.{kind}"))):
        sheet.value(column, value, "label", total=total)


def _after(sheet: Sheet, top: int, at: Fraction, posts: Fraction) -> None:
    span = f"{cell(top, POSTS)}:{cell(sheet.row, POSTS)}".replace(str(top + 1), f"${top + 1}", 1)
    sheet.formula(AFTER, f"=SUM({span})", float(at), "finest")
    _published(sheet, posts, "finest_row" if sheet.row > top else "finest")


def _published(sheet: Sheet, posts: Fraction, style: str) -> None:
    """The published figure beside, and how far what is computed now stands from it."""
    sheet.value(PUBLISHED, posts, style)
    gap = f"{cell(sheet.row, POSTS)}-{cell(sheet.row, PUBLISHED)}"
    sheet.formula(MOVED, f"=IF(ABS({gap})<1E-9,0,{gap})", 0.0, "moved")
    sheet.row += 1


def _value(sheet: Sheet, mission: Mission, t: int, row: LedgerRow, fair_row: int, at: Fraction) -> None:
    step = decimal_text(mission.found.instance.step).replace(".", ",")
    rounding = row.kind is RowKind.ROUNDING
    label = words("live.rounding_row", step=step) if rounding else text(f"rule_{row.cause}")
    _line(sheet, mission, t, label[:1].upper() + label[1:], row.kind.value)
    sheet.value(POSTS, row.posts, "fixed_row")
    formula = f"=SUM({cell(fair_row, POSTS)}:{cell(sheet.row, POSTS)})"
    sheet.formula(AFTER, formula, float(at), "finest")
    sheet.value(PUBLISHED, row.posts, "fixed_row")
    sheet.value(MOVED, None, "label")
    sheet.row += 1


def _indicator(live: Live, mission: Mission, t: int, cause: str) -> str:
    """(P·n_tc − r_t·n_c)/N; for a closed sum, n_c of its components together, known only as a remainder where they are
    closed everywhere."""
    posts, current = live.at("posts", mission.id), live.at("current", mission.id, t)
    here = live.at("whole", mission.id, cause, t)
    everywhere = (
        live.at("whole_total", mission.id, cause) if cause != SECRET else f"({_closed_total(live, mission, t)})"
    )
    return f"=({posts}*{here}-{current}*{everywhere})/{live.at('whole_need_total', mission.id)}"


def _closed_total(live: Live, mission: Mission, t: int) -> str:
    told = mission.found.department_need
    ids = [str(c["id"]) for c in mission.components if c["id"] in mission.closed(t)]
    parts = [live.at("whole_total", mission.id, id) for id in ids if id in told]
    if any(id not in told for id in ids):
        inside = [live.places[key] for key in live.places if key[:2] == ("closed_part", mission.id)]
        parts.append("-".join([live.at("whole_total", mission.id, SECRET), *inside]))
    return "+".join(parts)
