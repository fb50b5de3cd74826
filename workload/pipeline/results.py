"""What a run gives back: small frozen results, mission by mission."""

from collections.abc import Mapping
from dataclasses import dataclass

from workload.allocation.instance import Instance
from workload.allocation.justify import Justification
from workload.allocation.post_profile import PostProfiles
from workload.allocation.solver import Allocation
from workload.allocation.stability import Stability
from workload.ingest.study import Study
from workload.models.need import Need
from workload.models.timeuse import TimeUse
from workload.models.weights import WorkloadFit
from workload.parameters import Parameter
from workload.pipeline.by_profession import ByProfession
from workload.pipeline.estimation import Estimate
from workload.pipeline.fit_checks import FitChecks
from workload.pipeline.readings import Reading
from workload.pipeline.reasons import Reasons


@dataclass(frozen=True, slots=True)
class CaseloadGap:
    """What a caseload ceiling leaves unserved in one territory at constant total."""

    mission: str
    territory: str
    active_files_n: float
    served_files_n: float  # what the final posts can carry under the ceiling
    missing_posts: float  # posts that would be needed to serve the rest


@dataclass(frozen=True, slots=True)
class MissionResult:
    """Everything about one pool: a mission whose total of posts is constant."""

    id: str
    name: str
    estimate: Estimate
    instance: Instance
    allocation: Allocation
    justification: Justification
    stability: Stability
    undeclared_share: float  # share of time noted in domains that the mission does not declare
    checks: FitChecks
    reasons: Reasons
    by_profession: ByProfession | None  # None where professions are not told apart

    @property
    def fit(self) -> WorkloadFit:
        return self.estimate.fit

    @property
    def need(self) -> Need:
        return self.estimate.need


@dataclass(frozen=True, slots=True)
class RunResult:
    """The whole run. Same study, same seed and draws: same result."""

    study: Study
    territory_names: Mapping[str, str]
    time_use: TimeUse
    reading: Reading
    missions: Mapping[str, MissionResult]
    caseload_gaps: tuple[CaseloadGap, ...]
    profiles: PostProfiles
    parameters: Mapping[str, Parameter]
    available_min: float
    seed: int
    draws_n: int

    def surveyed(self, mission: str) -> bool:
        """Whether anybody of the mission answered, be it too few to decide or to be shown."""
        return bool((self.study.entries["mission"] == mission).any())

    @property
    def main(self) -> MissionResult:
        return self.missions[self.study.settings.main_mission]
