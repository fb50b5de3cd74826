"""What a study declares beyond the dated parameters, each with its source."""

from collections.abc import Iterator
from dataclasses import dataclass

from workload.pipeline import RunResult
from workload.reporting.wording import listed, words


@dataclass(frozen=True, slots=True)
class ParameterLine:
    name: str
    value: float
    unit: str
    since: str
    source: str


def declared_lines(result: RunResult) -> Iterator[ParameterLine]:
    """Allowances are added up by mission: one alone may be one worker's."""
    settings, domains = result.study.settings, result.study.taxonomy.domains
    by_study = words("parameters.deducted_by_study")

    def line(key: str, value: float, source: str, **params: object) -> ParameterLine:
        unit = words(f"declared.{key}_unit")
        return ParameterLine(words(f"declared.{key}", **params), value, unit, "", source)

    for profession, year in settings.available_time.items():
        yield line("year", year.deducted_hours, year.source, profession=profession)
    for profession, support in settings.support_time.items():
        yield line("support", support.share, support.source, profession=profession)
    for id, mission in result.missions.items():
        given = [a for a in settings.allowances if a.mission == id]
        if given:
            reasons = listed(dict.fromkeys(a.reason for a in given))
            yield line("allowances", sum(a.fte for a in given), reasons, mission=mission.name)
    for domain, variation in settings.seasonal_variation.items():
        yield line("season", variation, by_study, domain=domains[domain])
    if settings.noting_error is not None:
        yield line("noting", settings.noting_error.share, settings.noting_error.source)
    for transfer in settings.transfers:
        yield line("transfer", transfer.share, by_study, giver=transfer.giver, taker=transfer.taker)
