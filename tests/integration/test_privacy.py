"""The right to erasure and retention: what goes, what stays for the others' sake, and that trying changes nothing."""

import secrets
import shutil
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from benchmarks.survey_workbooks import agent_code
from tests.integration.import_checks import all_text, take_in
from workload.cli import app
from workload.errors import RequestError
from workload.ingest.study import pseudonym
from workload.store import StoreSettings
from workload.store.audit import broken_at
from workload.store.importing.pseudonyms import pseudonym_key
from workload.store.privacy import Erased, erase_agent
from workload.store.retention import Cleaned, clean, held

pytestmark = pytest.mark.integration
FILES = 4
HER = agent_code(1)


def run(engine: Engine, statement: str, **given: object) -> list:
    with engine.begin() as connection:
        done = connection.execute(text(statement), given)
        return list(done) if done.returns_rows else []


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def filled(engine: Engine, study: Path, data: Path) -> Engine:
    """Four sheets, one of them corrected, another file of hers refused, the register; and what publications showed."""
    folder = data.parent
    sheets = sorted((study / "enquete").glob("*.xlsx"))
    take_in(engine, [study / "postes.xlsx", *sheets], study, data)
    take_in(engine, [study / "corrige" / f"releve_{HER}.xlsx"], study, data)
    spoilt = openpyxl.load_workbook(sheets[1])
    spoilt["Relevé"]["E20"] = "?"
    spoilt.save(folder / f"encore {HER}.xlsx")
    take_in(engine, [folder / f"encore {HER}.xlsx"], study, data)
    her, *others = (known(engine, data, agent_code(number)) for number in (1, 0, 2, 3))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # rows without the study they are of
        for publication, agents in ((1, [others[0], her, others[1]]), (1, others), (2, [her, others[2]])):
            connection.execute(
                text("INSERT INTO core.released_cell VALUES (:id, :cell, :agents, :shares, :factors)"),
                {
                    "id": publication,
                    "cell": ["asg", "avec elle" if her in agents else "sans elle"],
                    "agents": agents,
                    "shares": [n / 10 for n in range(len(agents))],
                    "factors": [float(n) for n in range(len(agents))],
                },
            )
        post = (
            "INSERT INTO core.post (study_id, code, territory, site, mission, profession, fte, occupied, agent, locked)"
        )
        for code, agent in (("P1", her), ("P2", others[0])):
            connection.execute(
                text(f"{post} VALUES (1, :c, 't', 's', 'm', 'p', 1, true, :a, false)"), {"c": code, "a": agent}
            )
        connection.execute(
            text(
                "INSERT INTO core.task (id, kind, status, study, asked_by, asked, ended_at) VALUES ('t', 'import', 'done', 'x', 'moi', '{}', now())"
            )
        )
        for position, name in enumerate((f"releve_{HER.lower()}.xlsx", "releve.xlsx")):
            connection.execute(
                text(
                    "INSERT INTO core.task_file (task_id, position, name, issues) VALUES ('t', :p, :n, '[{\"value\": \"37h\"}]')"
                ),
                {"p": position, "n": name},
            )
    return engine


def known(engine: Engine, data: Path, code: str) -> str:
    return pseudonym(code, pseudonym_key(engine, StoreSettings(data_dir=data)))


def everything(engine: Engine) -> str:
    return "\n".join(row for rows in all_text(engine).values() for row in rows)


def test_trying_counts_and_changes_nothing(filled: Engine, data: Path):
    before = all_text(filled)
    found = erase_agent(filled, StoreSettings(data_dir=data), HER, "dpo", apply=False)
    assert all_text(filled) == before
    assert found == erase_agent(filled, StoreSettings(data_dir=data), f" {HER} ", "dpo", apply=True)
    assert found.answers_n == 2
    assert found.days_n > 20
    assert (found.refusals_n, found.posts_n, found.registers_n, found.released_cells_n, found.sent_files_n) == (
        1,
        1,
        1,
        2,
        1,
    )
    assert found.files_n == 2


def test_nothing_of_hers_is_left_and_all_of_the_others(filled: Engine, data: Path):
    her = known(filled, data, HER)
    query = "SELECT agent, count(*), sum(time_spent_min) FROM core.answer JOIN core.entry ON answer_id = id WHERE agent <> :her GROUP BY agent ORDER BY agent"
    others = run(filled, query, her=her)
    fingerprints = {
        row.sha256
        for row in run(
            filled,
            "SELECT sha256 FROM core.import_file AS f JOIN core.answer ON file_id = f.id WHERE agent = :her",
            her=her,
        )
    }
    assert her in everything(filled)
    erase_agent(filled, StoreSettings(data_dir=data), HER, "dpo", apply=True)
    left = everything(filled)
    assert her[:8] not in left
    assert HER.casefold() not in left.casefold()
    assert not any(one in left for one in fingerprints)
    assert run(filled, query, her=her) == others
    assert len(others) == FILES - 1
    [event] = run(filled, "SELECT actor, object, details FROM core.audit_event WHERE action = 'agent_erased'")
    assert (event.actor, event.object, event.details["answers_n"]) == ("dpo", "agent", 2)
    with filled.connect() as connection:
        assert broken_at(connection) is None
    assert erase_agent(filled, StoreSettings(data_dir=data), HER, "dpo", apply=False) == Erased(*[0] * 8)


def test_what_protects_the_others_stays_under_a_name_that_is_nobodys(filled: Engine, data: Path):
    """Each cell keeps as many members, in their places; hers is one and the same stranger in every publication."""
    her = known(filled, data, HER)
    query = "SELECT publication_id, cell, agents, shares, factors FROM core.released_cell ORDER BY publication_id, cell"
    before = run(filled, query)
    erase_agent(filled, StoreSettings(data_dir=data), HER, "dpo", apply=True)
    after = run(filled, query)
    strangers = set()
    for old, new in zip(before, after, strict=True):
        assert (old.shares, old.factors, old.cell) == (new.shares, new.factors, new.cell)
        for was, now in zip(old.agents, new.agents, strict=True):
            if was == her:
                strangers.add(now)
            else:
                assert was == now
    assert len(strangers) == 1
    assert strangers.isdisjoint({her, *(known(filled, data, agent_code(number)) for number in range(FILES))})
    assert len(strangers.pop()) == len(her)
    assert "37h" in everything(filled)  # what was quoted from another's file


def test_an_unknown_code_erases_nothing(filled: Engine, data: Path):
    before = all_text(filled)
    found = erase_agent(filled, StoreSettings(data_dir=data), "Z" + secrets.token_hex(6), "dpo", apply=False)
    assert not found.anything
    assert all_text(filled) == before


def test_the_same_sheet_may_come_in_again_afterwards(filled: Engine, study: Path, data: Path):
    erase_agent(filled, StoreSettings(data_dir=data), HER, "dpo", apply=True)
    take_in(filled, [study / "enquete" / f"releve_{HER}.xlsx"], study, data)
    her = known(filled, data, HER)
    assert len(run(filled, "SELECT 1 FROM core.answer WHERE agent = :her AND superseded_at IS NULL", her=her)) == 1


OLD = (
    "INSERT INTO core.account (login, name, role, created_by) VALUES ('a.b', 'x', 'direction', 'x')",
    "INSERT INTO core.web_session (token_sha256, account_id, account_version, csrf, expires_at) SELECT repeat('a', 64), id, 1, 'x', now() - interval '1 day' FROM core.account",
    "INSERT INTO core.web_session (token_sha256, account_id, account_version, csrf, expires_at) SELECT repeat('b', 64), id, 1, 'x', now() + interval '1 day' FROM core.account",
    "INSERT INTO core.login_attempt (at, login_hash, address_hash) VALUES (now() - interval '91 days', 'x', 'x'), (now(), 'x', 'x')",
    "INSERT INTO core.api_token (token_sha256, account_id, name, scopes, expires_at) SELECT repeat('c', 64), id, 'x', '{import}', now() - interval '91 days' FROM core.account",
    "INSERT INTO core.api_token (token_sha256, account_id, name, scopes, expires_at) SELECT repeat('d', 64), id, 'x', '{import}', now() + interval '9 days' FROM core.account",
    "UPDATE core.task SET ended_at = now() - interval '91 days'",
)


def test_retention_takes_what_is_too_old_and_only_that(filled: Engine):
    for statement in OLD:
        run(filled, statement)
    run(filled, "UPDATE core.import_refusal SET refused_at = now() - interval '5 years'")
    day = run(filled, "SELECT max(day) AS day FROM core.entry_day")[0].day
    months = run(
        filled,
        "SELECT (extract(year FROM age(now(), :day)) * 12 + extract(month FROM age(now(), :day)))::int AS n",
        day=day,
    )[0].n
    before = all_text(filled)
    assert clean(filled, months + 2, 90, "dpo", apply=False) == Cleaned(0, 1 if months < 58 else 0, 0, 1, 1, 1, 1)
    found = clean(filled, 1, 90, "dpo", apply=False)
    assert all_text(filled) == before
    assert (found.answers_n, found.sessions_n, found.attempts_n, found.tokens_n, found.tasks_n) == (
        FILES + 1,
        1,
        1,
        1,
        1,
    )
    assert clean(filled, 1, 90, "dpo", apply=True) == found
    assert not run(filled, "SELECT 1 FROM core.answer")
    assert len(run(filled, "SELECT 1 FROM core.released_cell")) == 3
    assert (
        run(filled, "SELECT details FROM core.audit_event WHERE action = 'retention'")[0].details["answers_n"]
        == FILES + 1
    )
    for months, days in ((0, 90), (1, 0)):
        with pytest.raises(RequestError, match="retention_too_short"):
            clean(filled, months, days, "dpo", apply=True)


def test_what_is_held_is_counted(filled: Engine):
    found = held(filled)
    assert (found.agents_n, found.answers_current_n, found.answers_superseded_n, found.refusals_n) == (
        FILES,
        FILES,
        1,
        1,
    )
    assert found.oldest_day is not None


def test_the_commands_count_before_they_erase(filled: Engine, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKLOAD_DATABASE_URL", filled.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WORKLOAD_DATA_DIR", str(data))
    runner = CliRunner()
    before = all_text(filled)
    tried = runner.invoke(app, ["privacy", "erase", "--agent", HER])
    assert tried.exit_code == 0, tried.output
    assert "--apply" in tried.output
    assert HER not in tried.output
    assert "--apply" in runner.invoke(app, ["privacy", "retention"]).output
    assert "Agents" in runner.invoke(app, ["privacy", "report"]).output
    assert all_text(filled) == before
    asked = runner.invoke(app, ["privacy", "erase", "--apply"], input=f"{HER}\n")
    assert asked.exit_code == 0
    assert HER not in asked.output
    assert known(filled, data, HER)[:8] not in everything(filled)
    assert "Vérifiez le code" in runner.invoke(app, ["privacy", "erase", "--agent", HER]).output
    shutil.rmtree(data)
