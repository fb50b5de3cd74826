"""What is published gives nobody away: by itself, by subtraction, or beside what was published before."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from tests.integration.published_study import (
    STAMP,
    Computed,
    computed,
    everything,
    published,
    table,
    with_sheets_changed,
)
from workload.errors import RequestError
from workload.pipeline import run
from workload.reporting.run_json import run_document
from workload.store.disclosure import Protection
from workload.store.publishing import time_rows
from workload.store.scenarios import list_scenarios

pytestmark = pytest.mark.integration
TITLE = "Scénario de base"


@pytest.fixture(scope="module")
def base() -> Computed:
    return computed()


def stands_on(base: Computed) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
    """Every published figure on time use with the workers behind it, counted from the sheets by another way."""
    study = base.result.study
    items = {i.code: (i.mode, i.domain) for i in study.taxonomy.items}
    entries = study.entries[study.entries["time_spent_min"] > 0].copy()
    of_sector = dict(zip("sector:" + study.posts["sector"].fillna(""), study.posts["site"], strict=True))
    entries["site"] = [of_sector.get(area, str(area).removeprefix("site:")) for area in entries["area"]]
    entries["mode"] = entries["item"].map(lambda code: items[code][0])
    entries["domain"] = entries["item"].map(lambda code: items[code][1])
    entries["mode_domain"] = entries["mode"] + "|" + entries["domain"]
    whole = entries.groupby("agent")["time_spent_min"].transform("sum")
    entries["year"] = entries["time_spent_min"] / whole * entries["quotite"]
    for level in ("item", "mode", "domain", "mode_domain"):
        for groups in ([], ["territory"], ["profession"], ["territory", "profession"], ["territory", "site"]):
            for key, rows in entries.groupby(["mission", *groups, level]):
                named = dict(zip(["mission", *groups, "code"], key, strict=True))
                cell = (
                    *(named["mission"], named.get("territory", "*"), named.get("profession", "*")),
                    *(named.get("site", "*"), level, named["code"]),
                )
                yield cell, rows.groupby("agent")["year"].sum().to_dict()


def shown_cells(engine: Engine) -> set[tuple[str, ...]]:
    levels = {"item": "item", "mode": "mode", "domaine": "domain"}
    keys = ["mission_id", "territory_id", "profession", "site", "level", "code"]
    rows = table(engine, "time_use")[keys].assign(level=lambda t: t["level"].map(levels))
    pairs = table(engine, "time_use_cell")
    found = {tuple(row) for row in rows.itertuples(index=False, name=None)}
    return found | {
        (m, t, "*", "*", "mode_domain", f"{mode}|{domain}")
        for m, t, mode, domain in pairs[["mission_id", "territory_id", "mode", "domain"]].itertuples(index=False)
    }


def test_no_figure_stands_on_fewer_than_five_workers_or_on_one_above_all(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    shown, behind = shown_cells(engine), dict(stands_on(base))
    assert len(shown) > 300
    assert shown <= set(behind)
    for cell in shown:
        amounts = behind[cell]
        assert len(amounts) >= 5, cell
        assert max(amounts.values()) <= 0.9 * sum(amounts.values()), cell  # unweighted here: a little above 85 %
    assert any(len(amounts) < 5 for cell, amounts in behind.items() if cell not in shown)  # there was something to hide


def test_what_is_withheld_does_not_follow_by_subtraction(engine: Engine, base: Computed):
    """Linear algebra: no withheld cell of the detail shown is fixed by the published ones and the sums between them."""
    published(engine, TITLE, base)
    shown = shown_cells(engine)
    for mission in ("polyvalence", "enfance", "pmi"):
        cells = time_rows.time_cells(base.result.missions[mission].estimate.of.agents, base.result.study.taxonomy, 5)
        mine = {cell[1:] for cell in shown if cell[0] == mission}
        kinds = {(c[0] != "*", c[1] != "*", c[2] != "*", c[3]) for c in mine}
        unknown = [
            c
            for c in cells.amounts
            if c not in mine and c not in cells.whole and (c[0] != "*", c[1] != "*", c[2] != "*", c[3]) in kinds
        ]
        at = {cell: k for k, cell in enumerate(unknown)}
        rows = []
        for total, parts in cells.equations:
            if all(c in at or c in mine or c in cells.whole for c in (total, *parts)):
                row = np.zeros(len(unknown))
                for sign, c in [(-1.0, total), *((1.0, part) for part in parts)]:
                    if c in at:
                        row[at[c]] = sign
                rows.append(row)
        if not unknown:
            continue
        _, size, vectors = np.linalg.svd(np.array(rows))
        free = vectors[int((size > 1e-9).sum()) :]
        for cell in unknown:
            assert np.abs(free[:, at[cell]]).max(initial=0) > 1e-9, cell


def test_a_publication_that_the_audit_refuses_leaves_nothing(
    engine: Engine, base: Computed, monkeypatch: pytest.MonkeyPatch
):
    def careless(candidates, rules):
        """A protection that forgets to withhold anything."""
        found = real(candidates, rules)
        p = found.protection
        return replace(found, protection=Protection(frozenset(), p.primary, frozenset(), 0, 0, "optimal", 0, 0))

    real = time_rows.choose
    monkeypatch.setattr(time_rows, "choose", careless)
    with pytest.raises(RequestError) as caught:
        published(engine, TITLE, base)
    assert caught.value.code == "publication_refused"
    assert not any(everything(engine).values())
    assert [s.status for s in list_scenarios(engine)] == ["draft"]


def test_a_late_sheet_changes_no_figure_until_there_are_enough_of_them(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    before, old = everything(engine), table(engine, "time_use")
    published(engine, "Avec deux relevés corrigés", with_sheets_changed(base, 2))
    after = everything(engine)
    for name in ("time_use", "time_use_cell", "time_use_benchmark"):
        assert after[name] == before[name]
    kept = table(engine, "withheld").set_index("release")["grain"]
    assert "publication précédente" in kept["Emploi du temps, Polyvalence de secteur"]

    many = with_sheets_changed(base, 12)
    published(engine, "Avec douze relevés corrigés", many)
    changed = table(engine, "time_use")
    keys = ["mission_id", "territory_id", "profession", "site", "level", "code"]
    both = changed.merge(old, on=keys, suffixes=("", "_before"))
    assert (both["share"] != both["share_before"]).any()
    # A figure that was shown before and is shown now differs by nobody, or by enough workers.
    now, then = dict(stands_on(many)), dict(stands_on(base))
    levels = {"item": "item", "mode": "mode", "domaine": "domain"}
    for row in both[keys].itertuples(index=False, name=None):
        cell = (*row[:4], levels[row[4]], row[5])
        moved = [a for a in {*now[cell], *then[cell]} if abs(now[cell].get(a, 0) - then[cell].get(a, 0)) > 1e-9]
        assert len(moved) == 0 or len(moved) >= 5, cell


def test_small_counts_of_people_are_withheld_by_place(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    values = table(engine, "indicator_value")
    confidential = {i.series or i.id for i in base.result.study.indicators.values() if i.confidential}
    own = values[values["indicator_id"].isin(confidential)]
    assert not own["value"].between(0.5, 4.5).any()
    assert (own.loc[own["status"] == "secret", "value"].isna()).all()
    assert (own["status"] == "secret").any()
    assert "commune" not in set(own["level"])  # too many would have to be withheld there: the coarser table instead
    assert set(values["level"]) == {"commune", "canton", "epci", "territoire", "département"}


def test_an_agent_who_moves_is_a_change(engine: Engine, base: Computed):
    """Same sheets, but two agents now hold posts in another territory: as few as two corrected sheets."""
    published(engine, TITLE, base)
    before = everything(engine)
    study = base.result.study
    entries = study.entries.copy()
    own = (entries["mission"] == "polyvalence") & (entries["territory"] == "longwy")
    moved = sorted(entries.loc[own, "agent"].unique())[:2]
    entries.loc[entries["agent"].isin(moved), ["territory", "area"]] = ["briey", "site:Jarny"]
    result = run(replace(study, entries=entries), 12)
    published(engine, "Deux agents ailleurs", Computed(result, run_document(result, STAMP)))
    assert everything(engine)["time_use"] == before["time_use"]


def test_other_dates_or_another_title_do_not_make_the_past_forgotten(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    changed = with_sheets_changed(base, 2)
    settings = changed.result.study.settings.model_copy(update={"title": "Autre titre"})
    result = replace(changed.result, study=replace(changed.result.study, settings=settings))
    published(engine, "Ailleurs", Computed(result, run_document(result, STAMP)))
    rows = table(engine, "time_use")
    other = rows[rows["study"] == "Autre titre"]
    assert other[other["mission_id"] == "polyvalence"].empty  # nothing that would differ by two from what was shown
