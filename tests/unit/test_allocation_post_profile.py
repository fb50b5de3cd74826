import pandas as pd
import pytest

from workload.allocation.post_profile import EVERYWHERE, post_profiles
from workload.errors import RequestError

SUPPORT, TRAVEL = "support", "travel"
MODES = pd.DataFrame(
    [
        (EVERYWHERE, "ssd", "ASS", "protection", "interview", 0.75),
        (EVERYWHERE, "ssd", "ASS", "protection", TRAVEL, 0.25),
        (EVERYWHERE, "ssd", "ASS", "insertion", "interview", 1.0),
        (EVERYWHERE, "ssd", "ASS", SUPPORT, "meeting", 1.0),
        ("briey", "ssd", "ASS", "protection", "visit", 1.0),
    ],
    columns=["territory", "mission", "profession", "domain", "mode", "share"],
)


def workload_of(*rows):
    table = [(t, "ssd", "ASS", domain, float(minutes)) for t, domain, minutes in rows]
    return pd.DataFrame(table, columns=["territory", "mission", "profession", "domain", "workload_min"])


WORKLOAD = workload_of(
    ("longwy", "protection", 300), ("longwy", "insertion", 100), ("briey", "protection", 100), ("briey", "insertion", 300)
)  # fmt: skip


def posts_of(*rows):
    table = [(t, "ssd", "ASS", *rest) for t, *rest in rows]
    return pd.DataFrame(
        table, columns=["territory", "mission", "profession", "posts", "workers_n", "active_files_n", "files_per_fte"]
    )


POSTS = posts_of(("longwy", 10.0, 12, 400.0, 30.0), ("briey", 8.0, 9, 120.0, 30.0))


def profiles(workload=WORKLOAD, posts=POSTS, support=0.2, minimum_workers=5, modes=MODES):
    share = pd.DataFrame({"mission": ["ssd"], "profession": ["ASS"], "share": [support]})
    return post_profiles(
        workload,
        modes,
        share,
        posts,
        week_min=2100,
        support_domain=SUPPORT,
        travel_mode=TRAVEL,
        minimum_workers=minimum_workers,
    )


def cell(table, territory, domain, mode, column="minutes_per_week"):
    found = table[(table["territory"] == territory) & (table["domain"] == domain) & (table["mode"] == mode)]
    return found[column].item()


def test_a_week_by_hand():
    week = profiles().week
    # 2,100 min: 420 support, 1,680 direct; Longwy 3/4 protection, of which a quarter travels.
    assert cell(week, "longwy", SUPPORT, "meeting") == pytest.approx(420)
    assert cell(week, "longwy", "protection", "interview") == pytest.approx(1680 * 0.75 * 0.75)
    assert cell(week, "longwy", "protection", TRAVEL) == pytest.approx(1680 * 0.75 * 0.25)
    assert cell(week, "longwy", "protection", TRAVEL, "department_minutes_per_week") == pytest.approx(1680 * 0.5 * 0.25)
    assert cell(week, "briey", "protection", "visit") == pytest.approx(1680 * 0.25)  # its own survey
    assert cell(week, "briey", "protection", "visit", "department_minutes_per_week") == 0


def test_every_week_is_full():
    week = profiles().week
    assert week.groupby("territory")["minutes_per_week"].sum().tolist() == pytest.approx([2100] * 3)


def test_files_within_the_ceiling_and_beyond():
    posts = profiles().posts.set_index("territory")
    assert posts["active_files_per_post"].to_dict() == {EVERYWHERE: 520 / 18, "briey": 15, "longwy": 30}
    assert posts["files_beyond_ceiling_n"].to_dict() == {EVERYWHERE: 0, "briey": 0, "longwy": 100}
    assert posts.loc["longwy", "support_min_per_week"] == pytest.approx(420)
    assert posts.loc["longwy", "travel_min_per_week"] == pytest.approx(315)
    unknown = profiles(posts=POSTS.assign(active_files_n=None, files_per_fte=None)).posts
    assert unknown["active_files_per_post"].tolist() == [None] * 3
    assert profiles(posts=POSTS.assign(files_per_fte=None)).posts["active_files_per_post"].tolist() == [
        520 / 18,
        15,
        40,
    ]


def test_few_workers_are_withheld_and_not_found_by_subtraction():
    three = pd.concat([WORKLOAD, workload_of(("nancy", "protection", 500))])
    posts = pd.concat([POSTS, posts_of(("nancy", 4.0, 4, 90.0, 30.0))])
    found = profiles(workload=three, posts=posts)
    assert found.withheld["territory"].tolist() == ["briey", "nancy"]  # the small one, and the next
    assert set(found.week["territory"]) == set(found.posts["territory"]) == {EVERYWHERE, "longwy"}
    nobody = profiles(minimum_workers=50)
    assert nobody.week.empty
    assert len(nobody.withheld) == 3


def test_the_same_division_everywhere_gives_the_department_s_week():
    same = workload_of(
        ("longwy", "protection", 10), ("longwy", "insertion", 30), ("briey", "protection", 1), ("briey", "insertion", 3)
    )
    week = profiles(workload=same, modes=MODES[MODES["territory"] == EVERYWHERE]).week
    assert week["minutes_per_week"].tolist() == pytest.approx(week["department_minutes_per_week"].tolist())


def test_no_workload_no_week_and_no_posts_no_post():
    found = profiles(workload=workload_of(("longwy", "protection", 300), ("briey", "protection", 0)))
    assert set(found.week["territory"]) == {EVERYWHERE, "longwy"}
    empty = profiles(posts=POSTS.assign(posts=0.0))
    assert empty.week.empty
    assert empty.posts.empty


def test_refused():
    with pytest.raises(RequestError):
        profiles(support=1.0)
    with pytest.raises(RequestError) as caught:
        profiles(workload=workload_of(("longwy", "housing", 3)))
    assert caught.value.params == {"mission": "ssd", "domain": "housing"}
