"""The evidence file: whichever byte is changed is caught, and figures that do not follow are named, signed or not."""

import io
import json
import random
import shutil
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.integration.evidence_fixture import (
    OTHER,
    SIGNER,
    json_edit,
    members_in,
    sheet_and_tables,
    sheet_of,
    signed_again,
    smaller,
)
from tests.integration.test_whole_path import workload
from workload.cli import app
from workload.commands.verify import verify as verify_command
from workload.errors import RequestError
from workload.reporting.evidence_file import signer_of, verification, verify_evidence, write_evidence
from workload.reporting.evidence_file.csv_tables import fraction, read_csv
from workload.reporting.evidence_file.members import OF_THE_STUDY
from workload.store.scenario_sheets import Sheet


@pytest.fixture(scope="module")
def made() -> tuple[Sheet, dict[str, Any]]:
    return sheet_and_tables()


@pytest.fixture(scope="module")
def whole(made: tuple[Sheet, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("preuves") / "dossier.zip"
    write_evidence(*made, SIGNER, path)
    return path


@pytest.fixture
def small(made: tuple[Sheet, dict[str, Any]], tmp_path: Path) -> Path:
    sheet, tables = made
    path = tmp_path / "petit.zip"
    write_evidence(smaller(sheet), {n: tables[n] for n in ("indicator",)} | {"indicator_value": []}, SIGNER, path)
    return path


@pytest.fixture
def bytes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Container, contents and signature alone must catch it; and a verification takes a millisecond."""
    monkeypatch.setattr(verification, "_recounted", lambda reading: ((), 1))


def codes(path: Path, fingerprint: str = "") -> list[str]:
    return [finding.code for finding in verify_evidence(path, fingerprint).findings]


# --- What it holds


def test_it_is_verified_and_every_figure_compared(whole: Path):
    found = verify_evidence(whole, SIGNER.fingerprint.lower().replace(" ", "-"))
    assert found.identical, (found.findings, found.differences[:5])
    assert found.compared_n > 1_300
    assert found.head["simulated"] is True
    assert found.fingerprint == SIGNER.fingerprint


def test_same_sheet_and_key_same_bytes(made: tuple[Sheet, dict[str, Any]], whole: Path, tmp_path: Path):
    write_evidence(*made, SIGNER, tmp_path / "encore.zip")
    assert (tmp_path / "encore.zip").read_bytes() == whole.read_bytes()


def test_any_zip_program_opens_it(whole: Path):
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        assert "simul" in archive.read("LISEZMOI.txt").decode("utf-8-sig").lower()
        assert {f"tables/{name}.csv" for name in OF_THE_STUDY} <= set(archive.namelist())


def test_it_holds_what_the_sheet_and_published_tables_hold_and_no_outline(
    made: tuple[Sheet, dict[str, Any]], whole: Path
):
    sheet, tables = made
    members = members_in(whole)
    for name, rows in {**sheet.tables, **tables}.items():
        read = read_csv(members[f"tables/{name}.csv"])
        assert len(read) == len(rows)
        assert "geometry" not in (read[0] if read else {})
    assert json.loads(members["basis.json"]) == sheet.basis
    assert b"Polygon" not in b"".join(members.values())
    described = read_csv(members["dictionnaire.csv"])
    columns = {(row["table"], row["colonne"]) for row in described}
    assert all(("ledger", column) in columns for column in read_csv(members["tables/ledger.csv"])[0])
    assert all(row["signification"] for row in described)


def test_excel_in_french_reads_figures_as_figures(whole: Path):
    members = members_in(whole)
    assert members["tables/allocation.csv"].startswith(b"\xef\xbb\xbf")
    row = read_csv(members["tables/allocation.csv"])[0]
    assert row["posts_current"] == "18,5"
    exact = read_csv(members["tables/ledger.csv"])
    assert not any("/" in row["posts_exact"] or "-" in row["posts_exact"] for row in exact)
    assert sum(fraction(row["posts_exact"]) for row in exact if row["cause"] == "end") == 300


def test_the_key_is_made_once_and_only_we_read_it(tmp_path: Path):
    first = signer_of(tmp_path)
    path = tmp_path / "accounts" / "signing.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signer_of(tmp_path).public == first.public
    assert len(first.fingerprint) == 39
    path.write_text("abîmée", "utf-8")
    with pytest.raises(RequestError, match="signing_key_unusable"):
        signer_of(tmp_path)


# --- Whichever byte is changed


@pytest.mark.usefixtures("bytes_only")
def test_every_byte_of_headers_directory_and_manifest_counts(small: Path):
    content = small.read_bytes()
    with zipfile.ZipFile(small) as archive:
        infos = archive.infolist()
        directory = archive.start_dir
    heads = [range(i.header_offset, i.header_offset + 30 + len(i.filename)) for i in infos]
    manifest = range(heads[0].stop, heads[0].stop + infos[0].file_size)
    for at in (*(at for head in heads for at in head), *manifest, *range(directory, len(content))):
        assert_caught(small, content, at, 1 << at % 8)


@pytest.mark.usefixtures("bytes_only")
def test_any_other_byte_counts(small: Path):
    content, chance = small.read_bytes(), random.Random(2026)
    for _ in range(400):
        assert_caught(small, content, chance.randrange(len(content)), chance.randrange(1, 256))


def assert_caught(path: Path, content: bytes, at: int, flip: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes([content[at] ^ flip]))
        file.flush()
        assert verify_evidence(path).findings, f"byte {at} ^ {flip}"
        file.seek(at)
        file.write(content[at : at + 1])


@pytest.mark.usefixtures("bytes_only")
def test_truncated_lengthened_and_emptied(small: Path):
    content = small.read_bytes()
    chance = random.Random(7)
    for n in (0, 1, 4, 29, len(content) - 1, len(content) - 22, *(chance.randrange(len(content)) for _ in range(60))):
        small.write_bytes(content[:n])
        assert codes(small), n
    for more in (b"\0", b"PK\x05\x06", content):
        small.write_bytes(content + more)
        assert codes(small)
        small.write_bytes(more + content)
        assert codes(small)


def test_what_was_changed_is_named(small: Path, made: tuple[Sheet, dict[str, Any]]):
    members = members_in(small)
    rewrite(small, members | {"tables/ledger.csv": members["tables/ledger.csv"].replace(b"18,5", b"19,5", 1)})
    found = verify_evidence(small)
    assert [(f.code, f.params["name"]) for f in found.findings] == [("evidence_changed", "tables/ledger.csv")]
    assert found.differences
    assert found.differences[0].file == "tables/ledger.csv"
    names = list(members)
    swapped = members | {names[2]: members[names[3]], names[3]: members[names[2]]}
    rewrite(small, swapped)
    assert codes(small)[:2] == ["evidence_changed"] * 2
    rewrite(small, dict(reversed(members.items())))
    assert codes(small) == ["evidence_order"]
    rewrite(small, {name: of for name, of in members.items() if name != "parametres.csv"})
    assert codes(small) == ["evidence_missing"]
    rewrite(small, members | {"../mot-de-passe.txt": b"x"})
    assert codes(small) == ["evidence_added"]


def rewrite(path: Path, members: dict[str, bytes]) -> None:
    from workload.reporting.evidence_file.container import write_container

    with path.open("wb") as file:
        write_container(members, file)


def test_saved_again_by_another_program(small: Path):
    members = members_in(small)
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "evidence_container" in codes(small)


# --- What disclosure control closes


def test_sums_under_secrecy_come_out_as_published_and_nothing_tells_their_parts(
    made: tuple[Sheet, dict[str, Any]], tmp_path: Path
):
    shut = {t: frozenset({"rmi@insertion", "chomeurs@insertion"}) for t in ("briey", "longwy")}
    sheet = sheet_of({"polyvalence": shut})
    path = tmp_path / "dossier.zip"
    write_evidence(sheet, {"indicator": [], "indicator_value": []}, SIGNER, path)
    found = verify_evidence(path)
    assert found.identical, (found.findings, found.differences[:5])
    content = path.read_bytes().decode("utf-8", errors="replace")
    whole = made[0].basis["polyvalence"]
    for p, component in enumerate(whole["components"]):
        if component["id"] in shut["briey"]:
            minutes = whole["units"][0][p] * component["minutes_per_unit"] * component["ledger_per_min"]
            assert str(round(minutes * whole["grain"])) not in content
            fte = whole["units"][0][p] * component["minutes_per_unit"] * component["fte_per_min"]
            assert f"{fte:.8f}".replace(".", ",") not in content


# --- Signed again


def test_signed_by_another_key(small: Path, made: tuple[Sheet, dict[str, Any]]):
    signed_again(small, made[0], lambda members: None, OTHER)
    assert verify_evidence(small).identical, "it is whole, and says whose key"
    assert verify_evidence(small).fingerprint == OTHER.fingerprint
    assert codes(small, SIGNER.fingerprint) == ["evidence_other_key"]
    assert codes(small, SIGNER.fingerprint[:9]) == ["evidence_other_key"], "a part of a fingerprint is none"


EDITS: dict[str, tuple[str, bytes, bytes, str, str]] = {
    "posts given": ("tables/allocation.csv", b";28;", b";29;", "tables/allocation.csv", "posts_final"),
    "a weight": ("tables/weight.csv", b";170;", b";190;", "tables/weight.csv", "minutes_per_unit"),
    "a fraction": ("tables/ledger.csv", "÷".encode(), "1÷".encode(), "tables/ledger.csv", "posts_exact"),
    "a count": ("basis.json", b"45649", b"45650", "tables/indicator_value.csv", "value"),
    "a rule": ("basis.json", b'"longwy": 4', b'"longwy": 2', "tables/allocation.csv", "posts_final"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_figures_that_do_not_follow_are_named_whoever_signs(
    edit: tuple[str, bytes, bytes, str, str], whole: Path, made: tuple[Sheet, dict[str, Any]], tmp_path: Path
):
    """By the holder of the right key: no hash and no signature can tell, only the calculation."""
    member, was, becomes, file, column = edit
    path = tmp_path / "dossier.zip"
    shutil.copy(whole, path)

    def change(members: dict[str, bytes]) -> None:
        assert was in members[member]
        members[member] = members[member].replace(was, becomes, -1 if member == "basis.json" else 1)

    signed_again(path, made[0], change)
    found = verify_evidence(path)
    assert not found.findings
    assert (file, column) in {(d.file, d.column) for d in found.differences}
    named = next(d for d in found.differences if (d.file, d.column) == (file, column))
    assert named.line > 1
    assert named.stated != named.recomputed


def test_rows_taken_away_or_added_are_named(whole: Path, made: tuple[Sheet, dict[str, Any]], tmp_path: Path):
    for name in ("allocation", "ledger", "need_component", "scenario_mission"):
        path = tmp_path / f"{name}.zip"
        shutil.copy(whole, path)

        def change(members: dict[str, bytes], name: str = name) -> None:
            lines = members[f"tables/{name}.csv"].split(b"\r\n")
            members[f"tables/{name}.csv"] = b"\r\n".join([*lines[:2], *lines[3:]])

        signed_again(path, made[0], change)
        assert f"tables/{name}.csv" in {d.file for d in verify_evidence(path).differences}, name


def test_a_basis_from_a_stranger_never_breaks_the_verification(
    small: Path, made: tuple[Sheet, dict[str, Any]], tmp_path: Path
):
    for n, edit in enumerate((lambda b: b.clear(), lambda b: b.update(pmi=None), lambda b: b["pmi"].update(units=[]))):
        path = tmp_path / f"{n}.zip"
        shutil.copy(small, path)
        signed_again(path, made[0], lambda members, edit=edit: json_edit(members, "basis.json", edit))
        assert not verify_evidence(path).identical


# --- As a person runs it


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", *arguments])


def test_the_command_says_identical_or_where_not(small: Path, made: tuple[Sheet, dict[str, Any]]):
    done = verify(str(small), "--fingerprint", SIGNER.fingerprint)
    assert done.exit_code == 0, done.output
    assert "Identique" in done.stdout
    assert "Données simulées" in done.stdout
    assert "c’est bien celle que vous avez donnée" in done.stdout

    def one_post_more(members: dict[str, bytes]) -> None:
        members["tables/allocation.csv"] = members["tables/allocation.csv"].replace(b";28;", b";29;", 1)

    signed_again(small, made[0], one_post_more)
    done = verify(str(small))
    assert done.exit_code == 2
    assert (
        "tables/allocation.csv, ligne 4, posts_final (polyvalence · longwy) : écrit 29, recalculé 28,0." in done.stdout
    )
    assert "n’importe qui peut avoir signé" in done.stdout
    document = json.loads(verify(str(small), "--json").stdout)
    assert document["identical"] is False
    assert document["differences"][0]["line"] == 4


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 50_000_000)
    return written.getvalue()


def test_what_is_no_evidence_file_is_said_in_one_sentence(tmp_path: Path):
    path = tmp_path / "x.zip"
    for content in (
        b"",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        bomb(),
        random.Random(1).randbytes(5_000),
    ):
        path.write_bytes(content)
        found = verify_evidence(path)
        assert not found.identical
        assert len(found.findings) == 1
    done = workload("verify", str(path))
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    with pytest.raises(RequestError, match="evidence_unopened"):
        verify_command(tmp_path / "absent.zip")


def test_a_huge_file_is_not_read(tmp_path: Path):
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.truncate(3 << 30)  # holes: it takes no place
    assert codes(path) == ["evidence_too_large"]
