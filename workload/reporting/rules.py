"""The rules of a study in words, each with where it holds."""

from workload.pipeline import RunResult
from workload.reporting.wording import change, counted, words


def rule_lines(result: RunResult) -> list[str]:
    """Every limit and decision as declared; posts that may not move only where there are some."""
    rules = result.study.settings.rules
    lines = []
    for name, limits in (
        ("minimum_presence", rules.minimum_presences),
        ("largest_change", rules.largest_changes),
        ("ceiling", rules.ceiling_limits),
    ):
        lines += [
            words(f"rules.{name}_of", value=counted(x.posts, "post")) + _where(result, x.territory, x.mission)
            for x in limits
        ]
    lines += [
        words("rules.largest_change_percent_of", value=x.percent) + _where(result, x.territory, x.mission)
        for x in rules.largest_percents
    ]
    for decision in rules.decisions:
        posts = counted(decision.posts, "post") if decision.posts is not None else change(decision.change or 0.0)
        lines.append(words("rules.pinned_of", value=posts) + _where(result, decision.territory, decision.mission))
    held = {rule.name for mission in result.missions.values() for rule in mission.instance.rules}
    return lines + [words(f"rules.{name}") for name in ("locked_posts", "largest_caseload") if name in held]


def _where(result: RunResult, territory: str | None, mission: str | None) -> str:
    """(Longwy, Polyvalence); nothing for a rule that holds everywhere."""
    names = []
    if territory is not None:
        names.append(result.territory_names.get(territory, territory))
    if mission is not None:
        names.append(result.missions[mission].name if mission in result.missions else mission)
    return f" ({', '.join(names)})" if names else ""
