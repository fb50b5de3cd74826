"""Workbooks as people really send them: what is read, and what comes back with its cell."""

import shutil
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.unit.survey_files import (
    CAMPAIGN,
    DAYS,
    FIRST_ROW,
    HEADER,
    ITEMS,
    as_csv,
    as_ods,
    as_xls,
    cell_xml,
    context,
    expected,
    expected_minutes,
    form,
    patch_xml,
    read,
)
from workload.errors import InputError, Severity
from workload.ingest.grid import LIST_MARKER, read_workbook
from workload.ingest.survey import read_survey

SHEET = "xl/worksheets/sheet1.xml"


def codes(path: Path, campaign: tuple[date, date] | None = CAMPAIGN) -> list[tuple[str, str]]:
    return [(issue.code, issue.cell) for issue in read(path, campaign).issues]


def hm(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


TYPED: dict[str, Callable[[int], object]] = {
    "h:mm text": hm,
    "7h30": lambda m: f"{m // 60}h{m % 60:02d}",
    "7 h 30": lambda m: f"{m // 60} h {m % 60:02d}",
    "no-break spaces": lambda m: f"{m // 60}\u00a0h\u202f{m % 60:02d}",
    "apostrophe": lambda m: f"'{hm(m)}",
    "minutes": lambda m: f"{m} min",
    "minutes, narrow space": lambda m: f"{m}\u202fmn",
    "excel fraction": lambda m: m / 1440,
    "time cell": lambda m: time(m // 60, m % 60),
    "duration cell": lambda m: timedelta(minutes=m),
    "trailing spaces": lambda m: f"  {hm(m)}  ",
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=list(TYPED))
def test_durations_as_typed(tmp_path: Path, typed: Callable[[int], object]) -> None:
    form(value=typed).save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert reading.issues == ()
    assert dict(reading.sheets[0].minutes) == expected()


@pytest.mark.parametrize("decimal", ["7,5", "7.5", 7.5, "7,5 h"])
def test_decimal_hours(tmp_path: Path, decimal: object) -> None:
    def edit(book: Workbook) -> None:
        for row in range(FIRST_ROW, FIRST_ROW + 5):
            for column in range(3, 8):
                book.active.cell(row, column).value = None
        book.active["C14"] = decimal
        book.active["C14"].number_format = "General"

    form(edit).save(tmp_path / "r.xlsx")
    assert read(tmp_path / "r.xlsx").sheets[0].minutes == {(DAYS[0], "A1"): 450.0}


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    source = tmp_path / "r.xlsx"
    form().save(source)
    shutil.copy(source, tmp_path / "m.xlsm")
    as_xls(source, tmp_path / "r.xls")
    as_ods(source, tmp_path / "r.ods")
    as_csv(form(), tmp_path / "r.csv")
    as_csv(form(), tmp_path / "comma.csv", delimiter=",")
    as_csv(form(), tmp_path / "old.csv", encoding="cp1252")
    as_csv(form(), tmp_path / "tab.csv", delimiter="\t")
    for path in sorted(tmp_path.iterdir()):
        reading = read(path)
        assert reading.issues == (), path.name
        assert reading.layout == "agent-form"
        assert dict(reading.sheets[0].minutes) == expected(), path.name
        assert reading.sheets[0].header["quotite"] == 1.0


def test_dates_of_1904_and_dates_as_text_and_numbers(tmp_path: Path) -> None:
    def old_mac(book: Workbook) -> None:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904

    form(old_mac).save(tmp_path / "mac.xlsx")
    texts = (
        [f"{d:%d/%m/%Y}" for d in DAYS],
        [f"{d:%Y-%m-%d}" for d in DAYS],
        ["lun. 10/03", "mar. 11/03", "mer. 12/03", "jeu. 13/03", "ven. 14/03"],
    )
    spelt = ["lundi 10 mars 2003", "mardi 11 mars 2003", "12 mars 2003", "13 mars", "14/3/03"]
    serials = [(d - date(1899, 12, 30)).days for d in DAYS]
    for n, days in enumerate([*texts, spelt, serials]):

        def edit(book: Workbook, days: list[object] = days) -> None:
            for column, day in enumerate(days, start=3):
                book.active.cell(13, column, day).number_format = "General"

        form(edit).save(tmp_path / f"d{n}.xlsx")
    for path in sorted(tmp_path.iterdir()):
        reading = read(path)
        assert reading.issues == (), path.name
        assert dict(reading.sheets[0].minutes) == expected(), path.name


def test_serial_numbers_of_1904_in_plain_cells(tmp_path: Path) -> None:
    def edit(book: Workbook) -> None:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904
        for column, day in enumerate(DAYS, start=3):
            book.active.cell(13, column, (day - date(1904, 1, 1)).days).number_format = "General"

    form(edit).save(tmp_path / "r.xlsx")
    assert dict(read(tmp_path / "r.xlsx").sheets[0].minutes) == expected()


def shift(ws: Worksheet) -> None:
    ws.insert_cols(1, 2)
    ws.insert_rows(1, 3)


def swap(book: Workbook) -> None:
    """Label before code."""
    ws = book.active
    for row in range(13, FIRST_ROW + 6):
        a, b = ws.cell(row, 1).value, ws.cell(row, 2).value
        ws.cell(row, 1).value, ws.cell(row, 2).value = b, a


def clear(book: Workbook, rows: Iterable[int], *columns: int) -> None:
    for row in rows:
        for column in columns:
            book.active.cell(row, column).value = None


def capitals(book: Workbook) -> None:
    for row in range(FIRST_ROW, FIRST_ROW + 5):
        book.active.cell(row, 2).value = str(book.active.cell(row, 2).value).upper()


HARMLESS: dict[str, Callable[[Workbook], None]] = {
    "capitals": lambda b: b.active.__setitem__("A13", "CODE") or b.active.__setitem__("B13", "ACTIVITÉ"),
    "no accents": lambda b: b.active.__setitem__("B13", "activite") or b.active.__setitem__("A9", "quotite :"),
    "renamed headings": lambda b: b.active.__setitem__("B13", "Libellé") or b.active.__setitem__("A4", "Matricule"),
    "moved down and right": lambda b: shift(b.active),
    "label before code": swap,
    "blank row in the middle": lambda b: b.active.insert_rows(FIRST_ROW + 2),
    "notes under the totals": lambda b: b.active.__setitem__("A25", "Semaine chargée, 3 h de trop"),
    "section heading": lambda b: (
        b.active.insert_rows(FIRST_ROW + 2),
        b.active.cell(FIRST_ROW + 2, 2, "TEMPS AVEC LE PUBLIC"),
    )[0],
    "no codes": lambda b: clear(b, range(FIRST_ROW, FIRST_ROW + 5), 1),
    "labels in capitals": capitals,
    "another sheet first": lambda b: b.create_sheet("Notes", 0).__setitem__("A1", None),
    "sheet renamed": lambda b: setattr(b.active, "title", "Feuil1"),
    "merged title": lambda b: b.active.merge_cells("A1:H1"),
    "zero durations": lambda b: b.active.cell(19, 3, "0:00").__setattr__("number_format", "@"),
    "totals with a value": lambda b: b.active.cell(19, 3, timedelta(hours=7)).__setattr__("number_format", "[h]:mm"),
    "quotité as percent text": lambda b: b.active.__setitem__("B9", "100 %"),
}


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=list(HARMLESS))
def test_what_does_no_harm(tmp_path: Path, edit: Callable[[Workbook], None]) -> None:
    form(edit).save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert [i for i in reading.issues if i.severity is Severity.ERROR] == []
    assert dict(reading.sheets[0].minutes) == expected()


def two_slips(book: Workbook) -> None:
    book.active["D15"], book.active["A16"] = "deux heures", "Z9"


def setter(cell: str, value: object) -> Callable[[Workbook], None]:
    return lambda book: book.active.__setitem__(cell, value)


def hide(book: Workbook) -> None:
    book.active.row_dimensions[15].hidden = True


def merge_days(book: Workbook) -> None:
    book.active.merge_cells("C15:D15")


def all_half_hours(book: Workbook) -> None:
    for row in range(14, 19):
        for column in range(3, 8):
            book.active.cell(row, column).value = timedelta(minutes=60 + 30 * ((row + column) % 3))


def same_days(book: Workbook) -> None:
    for row in range(14, 19):
        for column in range(4, 8):
            book.active.cell(row, column).value = book.active.cell(row, 3).value


def other_year(book: Workbook) -> None:
    for column in range(3, 8):
        book.active.cell(13, column).value = date(2002, 11, 1 + column)


HARM: dict[str, tuple[Callable[[Workbook], None], str, str, Severity]] = {
    "words": (setter("D15", "deux heures"), "duration_format", "D15", Severity.ERROR),
    "unit": (setter("D15", "37,5x"), "duration_format", "D15", Severity.ERROR),
    "negative": (setter("D15", "-1:00"), "duration_format", "D15", Severity.ERROR),
    "seventy-five minutes": (setter("D15", "1:75"), "duration_format", "D15", Severity.ERROR),
    "a boolean": (setter("D15", True), "duration_format", "D15", Severity.ERROR),
    "#REF!": (setter("D15", "#REF!"), "error_cell", "D15", Severity.ERROR),
    "#DIV/0! in the header": (setter("B9", "#DIV/0!"), "error_cell", "B9", Severity.ERROR),
    "formula without value": (setter("D15", "=1/24"), "formula_without_value", "D15", Severity.ERROR),
    "formula in a date": (setter("D13", "=C13+1"), "formula_without_value", "D13", Severity.ERROR),
    "hidden row": (hide, "hidden_row", "15:15", Severity.WARNING),
    "merged days": (merge_days, "merged_cells", "C15:D15", Severity.ERROR),
    "unknown code": (setter("A15", "Z9"), "unknown_item", "A15", Severity.ERROR),
    "code twice": (setter("A15", "A1"), "duplicate_item", "A15", Severity.ERROR),
    "minutes without activity": (
        lambda b: clear(b, [15], 1, 2),
        "duration_without_item",
        "C15",
        Severity.ERROR,
    ),
    "agent missing": (setter("B4", None), "empty_cell", "B4", Severity.ERROR),
    "mission missing": (setter("B7", None), "empty_cell", "B7", Severity.ERROR),
    "quotité 250 %": (setter("B9", "250 %"), "share_expected", "B9", Severity.ERROR),
    "quotité in words": (setter("B9", "mi-temps"), "share_expected", "B9", Severity.ERROR),
    "no date": (setter("D13", "mercredi"), "date_format", "D13", Severity.ERROR),
    "empty day heading": (setter("D13", None), "day_missing", "D13", Severity.ERROR),
    "same day twice": (setter("D13", DAYS[0]), "duplicate_day", "D13", Severity.ERROR),
    "31 February": (setter("D13", "31/02/2003"), "date_format", "D13", Severity.ERROR),
    "outside the campaign": (setter("D13", date(2003, 4, 1)), "day_outside_campaign", "D13", Severity.ERROR),
    "another campaign": (other_year, "other_campaign", "B10", Severity.ERROR),
    "25 hours": (setter("D15", "25:00"), "duration_too_long", "D15", Severity.ERROR),
    "450 for 450 minutes": (setter("D15", 450), "duration_too_long", "D15", Severity.ERROR),
    "a day of 27 hours": (setter("D15", "22:30"), "day_too_long", "D15", Severity.ERROR),
    "half a week": (setter("B9", 0.5), "week_far_from_quotite", "B9", Severity.WARNING),
    "all round": (all_half_hours, "all_round", "C13", Severity.WARNING),
    "identical days": (same_days, "identical_days", "C13", Severity.WARNING),
    "heading gone": (setter("B13", "xyz"), "layout_near_miss", "13:13", Severity.ERROR),
    "label gone": (setter("A4", "xyz"), "layout_near_miss", "13:13", Severity.ERROR),
}


@pytest.mark.parametrize("case", HARM.values(), ids=list(HARM))
def test_what_comes_back_with_its_cell(
    tmp_path: Path, case: tuple[Callable[[Workbook], None], str, str, Severity]
) -> None:
    edit, code, cell, severity = case
    form(edit).save(tmp_path / "r.xlsx")
    found = [(i.code, i.cell, i.severity) for i in read(tmp_path / "r.xlsx").issues]
    assert (code, cell, severity) in found
    assert [f for f in found if f[2] is Severity.ERROR and f[:2] != (code, cell)] == []


def test_a_formula_with_its_value_is_read_and_an_error_in_the_totals_is_nobody_s_business(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    form().save(path)
    patch_xml(path, SHEET, cell_xml("C14", f"<f>A99</f><v>{expected_minutes('A1', 0) / 1440}</v>"))
    patch_xml(path, SHEET, cell_xml("B19", "<is><t>Total du jour</t></is>", ' t="inlineStr"'))
    reading = read(path)
    assert reading.issues == ()
    assert dict(reading.sheets[0].minutes) == expected()

    def with_totals(book: Workbook) -> None:
        for column in "CDEFG":
            book.active[f"{column}19"] = "#VALUE!"
        book.active["H14"] = "=SUM(C14:G14)"

    form(with_totals).save(path)
    assert read(path).issues == ()


def test_hours_typed_into_a_cell_of_days_get_a_suggestion(tmp_path: Path) -> None:
    form(setter("D15", 7.5)).save(tmp_path / "r.xlsx")  # Excel shows 180:00
    found = read(tmp_path / "r.xlsx").issues
    assert [(i.code, i.cell, i.value, i.suggestion) for i in found] == [("duration_too_long", "D15", "180:00", "7:30")]


def test_suggestions(tmp_path: Path) -> None:
    form(setter("A15", "A22")).save(tmp_path / "r.xlsx")
    issue = next(i for i in read(tmp_path / "r.xlsx").issues if i.code == "unknown_item")
    assert issue.suggestion.startswith("A2 Entretiens")


def test_a_sheet_per_agent_and_a_list_sheet_of_ours(tmp_path: Path) -> None:
    book = form()
    second = book.copy_worksheet(book.active)
    second.title = "B456"
    second["B4"] = "B456"
    listing = book.create_sheet("À corriger", 0)
    listing["A1"], listing["A2"] = LIST_MARKER, "Code agent"
    book.save(tmp_path / "equipe.xlsx")
    reading = read(tmp_path / "equipe.xlsx")
    assert (reading.layout, reading.issues) == ("team-form", ())
    assert [s.agent for s in reading.sheets] == ["A123", "B456"]


def weekly(first: date, agent: str = "A123") -> Workbook:
    book = Workbook()
    ws = book.active
    ws.title = f"Semaine {first.isocalendar().week}"
    for row, (label, value) in enumerate({"Code agent": agent, "Quotité": 1, "Semaine du": first}.items(), start=2):
        ws.cell(row, 1, label)
        ws.cell(row, 2, value)
    for column, name in enumerate(
        ["Code", "Activité", "Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Total"], start=1
    ):
        ws.cell(7, column, name)
    for row, (code, label) in enumerate(ITEMS.items(), start=8):
        ws.cell(row, 1, code)
        ws.cell(row, 2, label)
        for k in range(5):
            ws.cell(row, 3 + k, hm(expected_minutes(code, k)))
    return book


def test_a_weekly_grid_with_a_site_is_still_one(tmp_path: Path) -> None:
    book = weekly(DAYS[0])
    for column, (label, value) in enumerate(
        {"Site": "Longwy", "Territoire": "Longwy", "Mission": "PMI", "Profession": "ASS"}.items(), start=4
    ):
        book.active.cell(2, 2 * column, label)
        book.active.cell(2, 2 * column + 1, value)
    book.save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert (reading.layout, reading.issues) == ("weekly-grid", ())


def test_weekly_grid(tmp_path: Path) -> None:
    weekly(DAYS[0]).save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert (reading.layout, reading.issues) == ("weekly-grid", ())
    assert dict(reading.sheets[0].minutes) == expected()


def test_weeks_of_one_agent_on_two_sheets_and_a_week_of_leave(tmp_path: Path) -> None:
    book = weekly(DAYS[0])
    second = book.copy_worksheet(book.active)
    second.title = "Semaine 12"
    second["B4"] = date(2003, 3, 17)
    book.save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert reading.issues == ()
    assert len(reading.sheets) == 1
    assert sum(reading.sheets[0].minutes.values()) == 2 * sum(expected().values())
    clear_days(second)
    book.save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert reading.issues == ()
    assert dict(reading.sheets[0].minutes) == expected()


def clear_days(ws: Worksheet) -> None:
    for row in range(8, 13):
        for column in range(3, 8):
            ws.cell(row, column).value = None


def test_blank_sheets(tmp_path: Path) -> None:
    def blank(book: Workbook) -> None:
        clear(book, range(FIRST_ROW, FIRST_ROW + 5), *range(3, 8))

    form(blank).save(tmp_path / "r.xlsx")
    found = read(tmp_path / "r.xlsx").issues
    assert [(i.code, i.cell, i.severity) for i in found] == [("empty_survey", "B14", Severity.ERROR)]
    book = form(blank)
    second = form().active
    other = book.create_sheet("B456")
    for row in second.iter_rows():
        for cell in row:
            other[cell.coordinate] = cell.value
    other["B4"] = "B456"
    book.save(tmp_path / "equipe.xlsx")
    reading = read(tmp_path / "equipe.xlsx")
    assert [(i.code, i.sheet, i.severity) for i in reading.issues] == [("empty_survey", "Relevé", Severity.WARNING)]
    assert [s.agent for s in reading.sheets] == ["B456"]


def test_long_list(tmp_path: Path) -> None:
    book = Workbook()
    ws = book.active
    ws.append(["Relevé de l’équipe"])
    ws.append(["Agent", "Date", "Activité", "Durée", "Remarque"])
    for k, day in enumerate(DAYS):
        for code in ITEMS:
            ws.append(["A123", day, f"{code} {ITEMS[code]}" if k % 2 else code, hm(expected_minutes(code, k)), None])
    ws.append([None] * 5)
    ws.append(["Merci de votre aide"])
    book.save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert (reading.layout, reading.issues) == ("long-list", ())
    assert dict(reading.sheets[0].minutes) == expected()
    ws["D4"], ws["B5"], ws["C6"], ws["A7"] = "beaucoup", "hier", "Sieste", None
    book.save(tmp_path / "r.xlsx")
    assert sorted(codes(tmp_path / "r.xlsx")) == [
        ("date_format", "B5"),
        ("duration_format", "D4"),
        ("empty_cell", "A7"),
        ("unknown_item", "C6"),
    ]


def test_percent_of_time_as_in_2000(tmp_path: Path) -> None:
    book = Workbook()
    ws = book.active
    ws.append(["Code agent", "A123"])
    ws.append(["Quotité", 0.8])
    ws.append(["Activité", "% du temps"])
    for share, label in zip((18, 9, 6.6, 5.6, 60.8), ITEMS.values(), strict=True):
        ws.append([label, share])
    ws.append(["Total", 100])
    book.save(tmp_path / "r.xlsx")
    reading = read(tmp_path / "r.xlsx")
    assert (reading.layout, reading.issues) == ("niagara-percent", ())
    assert reading.sheets[0].minutes[None, "A1"] == pytest.approx(0.18 * 0.8 * 35 * 60)
    assert sum(reading.sheets[0].minutes.values()) == pytest.approx(0.8 * 35 * 60)
    ws["B5"] = 19
    book.save(tmp_path / "r.xlsx")
    assert codes(tmp_path / "r.xlsx") == [("percent_total", "B3")]
    ws["B5"] = "neuf"
    book.save(tmp_path / "r.xlsx")
    assert codes(tmp_path / "r.xlsx") == [("percent_format", "B5")]


def test_a_layout_of_the_it_department_without_code(tmp_path: Path) -> None:
    (tmp_path / "mises-en-page.csv").write_text(
        "layout;version;form;part;field;label;aliases;kind;required\n"
        "logiciel-x;1;list;column;agent;Intervenant;;text;yes\n"
        "logiciel-x;1;list;column;day;Quand;;date;yes\n"
        "logiciel-x;1;list;column;item;Quoi;;text;yes\n"
        "logiciel-x;1;list;column;duration;Combien;;duration;yes\n",
        "utf-8",
    )
    book = Workbook()
    book.active.append(["Quoi", "Combien", "Intervenant", "Quand"])
    book.active.append(["A1", "1:35", "A123", DAYS[0]])
    book.save(tmp_path / "r.xlsx")
    reading = read_survey(read_workbook(tmp_path / "r.xlsx", "r.xlsx"), context(folder=tmp_path))
    assert (reading.layout, reading.issues) == ("logiciel-x", ())
    assert reading.sheets[0].minutes == {(DAYS[0], "A1"): 95.0}
    wrong = (tmp_path / "mises-en-page.csv").read_text("utf-8").replace(";date;", ";jour;")
    (tmp_path / "mises-en-page.csv").write_text(wrong, "utf-8")
    with pytest.raises(InputError) as caught:
        context(folder=tmp_path)
    assert [(i.code, i.cell, i.value) for i in caught.value.issues] == [("layout_wrong", "3:3", "jour")]


def test_items_mapped_once_for_the_campaign(tmp_path: Path) -> None:
    from workload.ingest.survey import ItemMap, read_mappings
    from workload.parameters import taxonomy

    (tmp_path / "correspondances.csv").write_text(
        "intitule;code;part\nVAD logement;L1;0,75\nVAD logement;T1;0,25\n", "utf-8"
    )
    items = ItemMap.of(taxonomy("niagara-2000"), read_mappings(tmp_path, taxonomy("niagara-2000")))
    assert items.find("", "vad LOGEMENT") == (("L1", 0.75), ("T1", 0.25))
    (tmp_path / "correspondances.csv").write_text("intitule;code;part\nVAD;L9;1\nX;L1;0,5\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_mappings(tmp_path, taxonomy("niagara-2000"))
    assert [(i.code, i.cell) for i in caught.value.issues] == [("unknown_item", "B2"), ("mapping_total", "3:3")]


# Hostile and broken files


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_workbook(path, path.name)
    return caught.value.issues[0].code


def test_hostile_files_are_refused_in_words(tmp_path: Path) -> None:
    good = tmp_path / "good.xlsx"
    form().save(good)
    made: dict[str, tuple[Path, str]] = {}

    def add(name: str, code: str) -> Path:
        made[name] = (tmp_path / name, code)
        return tmp_path / name

    add("empty.xlsx", "file_empty").write_bytes(b"")
    add("words.xlsx", "unreadable_file").write_bytes(b"ceci n'est pas un classeur" * 10)
    add("cut.xlsx", "unreadable_file").write_bytes(good.read_bytes()[:3000])
    add("photo.csv", "wrong_extension").write_bytes(bytes(range(256)) * 20)
    add("note.docx", "unknown_format").write_bytes(good.read_bytes())
    add("odd.ods", "unreadable_file").write_bytes(b"PK\x03\x04 nothing")
    add("old.xls", "unreadable_file").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    add("locked.xlsx", "encrypted_file").write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    as_xls(good, tmp_path / "renamed.xls")
    (tmp_path / "renamed.xls").rename(add("renamed.xlsx", "wrong_extension"))
    with zipfile.ZipFile(add("bomb.xlsx", "zip_bomb"), "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", "<workbook/>")
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * 130 * 2**20)
    with zipfile.ZipFile(add("parts.xlsx", "zip_bomb"), "w") as many:
        for k in range(5_001):
            many.writestr(f"p{k}.txt", "")
    entities = add("entities.xlsx", "xml_entities")
    shutil.copy(good, entities)
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    patch_xml(entities, SHEET, lambda xml: laughs + xml)
    wide = add("far.xlsx", "sheet_too_large")
    form(setter("XFD1048576", "x")).save(wide)
    columns = add("columns.csv", "sheet_too_large")
    columns.write_text(";".join(["x"] * 1_000_000) + "\n", "utf-8")
    huge = add("huge.xlsx", "file_too_large")
    with huge.open("wb") as stream:
        stream.truncate(200 * 2**20)
    for name, (path, code) in made.items():
        assert refusal(path) == code, name
    assert refusal(tmp_path / "absent.xlsx") == "missing_file"


def test_declared_sizes_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "liar.xlsx"
    form().save(path)
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as package:
        info = package.getinfo(SHEET)
    size = info.file_size.to_bytes(4, "little")
    for start in range(len(raw) - 4):
        if raw[start : start + 4] == size:
            raw[start : start + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    assert refusal(path) in ("unreadable_file", "zip_bomb")


def test_text_that_looks_like_a_formula_stays_text_in_the_marked_copy(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    from workload.ingest.marked_copy import mark_file

    form(setter("D15", "@SUM(1)")).save(tmp_path / "r.xlsx")
    as_csv(form(setter("D15", "+1+cmd|' /C calc'!A0")), tmp_path / "r.csv")
    for name in ("r.xlsx", "r.csv"):
        issues = read(tmp_path / name).issues
        assert [(i.code, i.cell) for i in issues] == [("duration_format", "D15")]
        copy = mark_file(tmp_path / name, tmp_path / "marked", issues)
        assert copy is not None
        for ws in load_workbook(copy).worksheets:
            assert all(cell.data_type != "f" for row in ws.iter_rows() for cell in row if cell.row != 19)


def test_a_marked_copy_corrected_is_importable(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    from workload.ingest.marked_copy import mark_file

    form(two_slips).save(tmp_path / "r.xlsx")
    issues = read(tmp_path / "r.xlsx").issues
    copy = mark_file(tmp_path / "r.xlsx", tmp_path / "marked", issues)
    assert copy is not None
    assert {i.cell for i in read(copy).issues} == {"D15", "A16"}
    book = load_workbook(copy)
    book["Relevé"]["D15"], book["Relevé"]["A16"] = hm(expected_minutes("A2", 1)), "L1"
    book.save(tmp_path / "corrected.xlsx")
    reading = read(tmp_path / "corrected.xlsx")
    assert reading.issues == ()
    assert dict(reading.sheets[0].minutes) == expected()


def test_header_values(tmp_path: Path) -> None:
    form().save(tmp_path / "r.xlsx")
    header = read(tmp_path / "r.xlsx").sheets[0].header
    assert header["territory_name"] == HEADER["Territoire"]
    assert header["period_start"] == CAMPAIGN[0]
    assert header["agent"] == HEADER["Code agent"]
