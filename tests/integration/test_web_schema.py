"""schemathesis on the API, from its own description: whatever is sent, nothing answers 5xx."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from sqlalchemy import URL

from tests.integration.published_study import FOLDER
from tests.integration.web_site import Browser, Site, new_site
from workload.jobs.queue import ensure_queue
from workload.services.studies import adopt
from workload.store.account_kinds import Role

pytestmark = pytest.mark.integration
EXAMPLES = 12
SCOPES = {Role.DIRECTION: ("read:published", "import", "scenario"), Role.ADMINISTRATION: ("admin",)}


@pytest.fixture(scope="module")
def site(server: URL) -> Iterator[Site]:
    with new_site(server) as made:
        ensure_queue(made.engine)
        adopt(made.settings, FOLDER)
        yield made


@pytest.fixture(scope="module")
def programs(site: Site) -> list[Browser]:
    return [site.program(site.account(role), *scopes) for role, scopes in SCOPES.items()]


def test_nothing_that_is_sent_answers_5xx(site: Site, programs: list[Browser]):
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", site.app, headers={"host": "127.0.0.1"})
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 12
    asked: dict[str, set[int]] = {}
    for operation in operations:
        strategy = operation.as_strategy()

        @given(case=strategy)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def send(case: schemathesis.Case) -> None:
            for program in programs:
                headers = {"Authorization": program.headers["authorization"], "Host": "127.0.0.1"}
                answer = case.call(headers=headers)
                assert answer.status_code < 500, (case.operation.label, answer.status_code)
                asked.setdefault(case.operation.label, set()).add(answer.status_code)

        send()
    assert set(asked) == {operation.label for operation in operations}
    assert any(200 in statuses for statuses in asked.values()), "nothing was let in"
