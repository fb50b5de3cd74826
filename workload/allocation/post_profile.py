"""The week that the allocation implies, as a post and never a person: minutes by domain and mode, files, support.

A full-time week is full whatever the need. What a territory's workload decides is how it divides: support time as
everywhere, the rest over domains as the territory's workload, each domain over modes as the survey found.
"""

from dataclasses import dataclass

import pandas as pd

from workload.errors import RequestError

EVERYWHERE = "*"
"""Stands for the whole département."""

_POST = ["territory", "mission", "profession"]
_KIND = ["mission", "profession"]


@dataclass(frozen=True, slots=True)
class PostProfiles:
    """Weeks of full-time posts; territory '*' is the département. Withheld posts are in neither table.

    week: territory × mission × profession × domain × mode, `minutes_per_week` and, beside it, the département's
    `department_minutes_per_week`. Minutes of one post add to its full week.
    posts: territory × mission × profession, `posts`, `support_min_per_week`, `travel_min_per_week`,
    `active_files_per_post` within the ceiling and `files_beyond_ceiling_n`; missing where no ceiling or no file is.
    withheld: territory × mission × profession that too few workers stand behind.
    """

    week: pd.DataFrame
    posts: pd.DataFrame
    withheld: pd.DataFrame


def post_profiles(
    workload: pd.DataFrame,
    modes: pd.DataFrame,
    support: pd.DataFrame,
    posts: pd.DataFrame,
    *,
    week_min: float,
    support_domain: str,
    travel_mode: str,
    minimum_workers: int,
) -> PostProfiles:
    """The week of a full-time post in each territory × mission × profession.

    Args:
        workload: `territory, mission, profession, domain, workload_min`, minutes a year ≥ 0 without support time.
        modes: `territory, mission, profession, domain, mode, share`: how a domain's minutes divide over modes, adding
            to one by domain; rows of '*' serve territories that have none of their own. Support domain included.
        support: `mission, profession, share`: part of the week in support time, 0 ≤ share < 1.
        posts: `territory, mission, profession, posts, workers_n, active_files_n, files_per_fte`, final posts in FTE;
            the last two may be missing.
        week_min: minutes of a full-time week.
        support_domain: code of the taxonomy's support domain.
        travel_mode: code of its travel mode.
        minimum_workers: fewer workers than this, and the post is withheld.

    Raises:
        RequestError: a support share out of range, or a domain with workload and no modes anywhere.
    """
    if not support["share"].between(0, 1, inclusive="left").all():
        raise RequestError("plan_support_share")
    with_all = pd.concat([workload, _everywhere(workload, "workload_min")], ignore_index=True)
    held = pd.concat([posts, _everywhere(posts, "posts", "workers_n", "active_files_n")], ignore_index=True)
    held = held[held["posts"] > 0]
    domains = _by_domain(with_all, support, week_min, support_domain)
    week = _by_mode(domains, modes).merge(held[[*_POST, "workers_n"]], on=_POST)
    enough = _shown(held, minimum_workers)
    week = week.merge(enough, on=_POST)
    department = week.loc[week["territory"] == EVERYWHERE, [*_KIND, "domain", "mode", "minutes_per_week"]]
    department = department.rename(columns={"minutes_per_week": "department_minutes_per_week"})
    week = week.merge(department, on=[*_KIND, "domain", "mode"], how="left")
    week["department_minutes_per_week"] = week["department_minutes_per_week"].fillna(0.0)
    columns = [*_POST, "domain", "mode", "minutes_per_week", "department_minutes_per_week"]
    order = [*_POST, "domain", "mode"]
    return PostProfiles(
        week=week[columns].sort_values(order, ignore_index=True),
        posts=_summary(week, held.merge(enough, on=_POST), support_domain, travel_mode),
        withheld=_without(held[_POST], enough),
    )


def _everywhere(table: pd.DataFrame, *amounts: str) -> pd.DataFrame:
    """The same summed over territories; a ceiling is the profession's where all territories share it."""
    keys = [c for c in table.columns if c not in {"territory", "files_per_fte", *amounts}]
    summed = table.groupby(keys, as_index=False)[list(amounts)].sum(min_count=1)
    if "files_per_fte" in table:
        ceilings = pd.to_numeric(table["files_per_fte"]).groupby([table[key] for key in keys])
        common = ceilings.first().where(ceilings.nunique() == 1).rename("files_per_fte")
        summed = summed.merge(common.reset_index(), on=keys)
    return summed.assign(territory=EVERYWHERE)


def _by_domain(workload: pd.DataFrame, support: pd.DataFrame, week_min: float, support_domain: str) -> pd.DataFrame:
    """Minutes a week by domain, support included; posts without any workload have no week."""
    total = workload.groupby(_POST)["workload_min"].transform("sum")
    direct = workload[total > 0].assign(part=workload["workload_min"] / total.where(total > 0))
    direct = direct.merge(support, on=_KIND)
    direct["minutes_per_week"] = direct["part"] * (1 - direct["share"]) * week_min
    aside = direct.drop_duplicates(_POST)
    aside = aside.assign(domain=support_domain, minutes_per_week=aside["share"] * week_min)
    found = pd.concat([direct, aside], ignore_index=True)
    return found.loc[found["minutes_per_week"] > 0, [*_POST, "domain", "minutes_per_week"]]


def _by_mode(domains: pd.DataFrame, modes: pd.DataFrame) -> pd.DataFrame:
    """The territory's own division of a domain over modes where there is one, else the département's."""
    keys = [*_POST, "domain"]
    own = domains.merge(modes, on=keys, how="left")
    lacking = own[own["mode"].isna()].drop(columns=["mode", "share"])
    common = modes.loc[modes["territory"] == EVERYWHERE].drop(columns="territory")
    pooled = lacking.merge(common, on=[*_KIND, "domain"], how="left")
    if pooled["mode"].isna().any():
        missing = pooled[pooled["mode"].isna()].iloc[0]
        raise RequestError("plan_no_modes", mission=missing["mission"], domain=missing["domain"])
    found = pd.concat([own[own["mode"].notna()], pooled], ignore_index=True)
    found["minutes_per_week"] *= found["share"] / found.groupby(keys)["share"].transform("sum")
    return found.drop(columns="share")


def _shown(held: pd.DataFrame, minimum_workers: int) -> pd.DataFrame:
    """Posts with enough workers behind; where one territory alone would be withheld, so is the next smallest: the
    département's week less all others would give it away.
    """
    shown = []
    for _, group in held[held["territory"] != EVERYWHERE].groupby(_KIND):
        ranked = group.sort_values(["workers_n", "territory"])
        few = int((ranked["workers_n"] < minimum_workers).sum())
        shown.append(ranked.iloc[2 if few == 1 else few :])
    everywhere = held[(held["territory"] == EVERYWHERE) & (held["workers_n"] >= minimum_workers)]
    return pd.concat([*shown, everywhere])[_POST]


def _summary(week: pd.DataFrame, held: pd.DataFrame, support_domain: str, travel_mode: str) -> pd.DataFrame:
    def minutes(chosen: pd.Series, name: str) -> pd.DataFrame:
        return week[chosen].groupby(_POST)["minutes_per_week"].sum().rename(name).reset_index()

    found = held.merge(minutes(week["domain"] == support_domain, "support_min_per_week"), on=_POST, how="left")
    found = found.merge(minutes(week["mode"] == travel_mode, "travel_min_per_week"), on=_POST, how="left")
    found = found.fillna({"support_min_per_week": 0.0, "travel_min_per_week": 0.0})
    files, ceiling = (pd.to_numeric(found[c]) for c in ("active_files_n", "files_per_fte"))
    found["active_files_per_post"] = (files / found["posts"]).clip(upper=ceiling.where(ceiling.notna(), float("inf")))
    found["files_beyond_ceiling_n"] = (files - found["posts"] * ceiling).clip(lower=0)
    found = found.astype({"active_files_per_post": object, "files_beyond_ceiling_n": object})
    found = found.where(found.notna(), None)
    columns = [*_POST, "posts", "support_min_per_week", "travel_min_per_week", "active_files_per_post"]
    return found[[*columns, "files_beyond_ceiling_n"]].sort_values(_POST, ignore_index=True)


def _without(held: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    marked = held.merge(shown, on=_POST, how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", _POST].sort_values(_POST, ignore_index=True)
