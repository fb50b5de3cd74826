"""Who may do what: the one place that decides. What is not written here is refused.

`RIGHTS` says for each action which roles may do it, and whether for every territory or for their own;
`READERS` says who may read a scenario in each state. `may` answers, `access.needs` guards a route, `require` guards
what only the route knows (the territory of a file, the state of a scenario).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from workload.store.account_kinds import Account as Account
from workload.store.account_kinds import Role as Role


class Action(StrEnum):
    SEE_RESULTS = "see_results"  # with the scenario's state: READERS
    SEE_TIME_USE = "see_time_use"  # published time use and indicators
    SEE_DASHBOARDS = "see_dashboards"
    TAKE_EVIDENCE = "take_evidence"  # evidence file, dossier; with the scenario's state; recorded
    SEE_PROGRESS = "see_progress"
    IMPORT_SHEETS = "import_sheets"
    DOWNLOAD_TEMPLATES = "download_templates"
    PROPOSE_MAPPING = "propose_mapping"
    DECIDE_MAPPING = "decide_mapping"
    UPLOAD_REGISTERS = "upload_registers"
    UPLOAD_INDICATORS = "upload_indicators"
    BUILD_SCENARIO = "build_scenario"
    PREVIEW_SCENARIO = "preview_scenario"
    COMPUTE_SCENARIO = "compute_scenario"
    SAVE_SCENARIO = "save_scenario"
    SHARE_SCENARIO = "share_scenario"
    PUBLISH_SCENARIO = "publish_scenario"
    SANDBOX = "sandbox"
    SEE_OBJECTIONS = "see_objections"  # with the scenario's state
    OBJECT = "object"  # with the scenario's state
    COUNTER_PROPOSE = "counter_propose"  # with the scenario's state
    ANSWER_OBJECTION = "answer_objection"
    OWN_ACCOUNT = "own_account"  # password, language, tokens
    ADMINISTER_ACCOUNTS = "administer_accounts"
    ADMINISTER_RETENTION = "administer_retention"
    READ_AUDIT = "read_audit"
    SEE_HEALTH = "see_health"


class Reach(StrEnum):
    ALL = "all"
    OWN = "own"  # the account's own territory, and the département as a whole where it is for reading


WHOLE = "*"  # the département as a whole, as in the published tables


EVERYBODY: Mapping[Role, Reach] = dict.fromkeys(Role, Reach.ALL)
DIRECTION: Mapping[Role, Reach] = {Role.DIRECTION: Reach.ALL}
UNION: Mapping[Role, Reach] = {Role.UNION: Reach.ALL}
ADMINISTRATION: Mapping[Role, Reach] = {Role.ADMINISTRATION: Reach.ALL}
OWN_FOR_MANAGERS: Mapping[Role, Reach] = {**EVERYBODY, Role.MANAGER: Reach.OWN}
OWN_OR_DIRECTION: Mapping[Role, Reach] = {Role.MANAGER: Reach.OWN, Role.DIRECTION: Reach.ALL}

RIGHTS: Mapping[Action, Mapping[Role, Reach]] = {
    Action.SEE_RESULTS: OWN_FOR_MANAGERS,
    Action.SEE_TIME_USE: OWN_FOR_MANAGERS,
    Action.SEE_DASHBOARDS: EVERYBODY,  # Superset keeps a manager to her rows by the same rule (superset/roles.yaml)
    Action.TAKE_EVIDENCE: {**DIRECTION, **UNION},  # it is whole or nothing: a manager reads her own territory
    Action.SEE_PROGRESS: OWN_OR_DIRECTION,
    Action.IMPORT_SHEETS: OWN_OR_DIRECTION,
    Action.DOWNLOAD_TEMPLATES: OWN_OR_DIRECTION,
    Action.PROPOSE_MAPPING: OWN_OR_DIRECTION,
    Action.DECIDE_MAPPING: DIRECTION,
    Action.UPLOAD_REGISTERS: DIRECTION,
    Action.UPLOAD_INDICATORS: DIRECTION,
    Action.BUILD_SCENARIO: DIRECTION,
    Action.PREVIEW_SCENARIO: DIRECTION,
    Action.COMPUTE_SCENARIO: DIRECTION,
    Action.SAVE_SCENARIO: DIRECTION,
    Action.SHARE_SCENARIO: DIRECTION,
    Action.PUBLISH_SCENARIO: DIRECTION,
    Action.SANDBOX: {**DIRECTION, **UNION},
    Action.SEE_OBJECTIONS: {**DIRECTION, **UNION, Role.MANAGER: Reach.OWN},
    Action.OBJECT: UNION,
    Action.COUNTER_PROPOSE: UNION,
    Action.ANSWER_OBJECTION: DIRECTION,
    Action.OWN_ACCOUNT: EVERYBODY,
    Action.ADMINISTER_ACCOUNTS: ADMINISTRATION,
    Action.ADMINISTER_RETENTION: ADMINISTRATION,
    Action.READ_AUDIT: ADMINISTRATION,
    Action.SEE_HEALTH: ADMINISTRATION,
}

READERS: Mapping[str, frozenset[Role]] = {
    "published": frozenset(Role),
    "shared": frozenset({Role.DIRECTION}),
    "draft": frozenset({Role.DIRECTION}),
}

_READING = frozenset({Action.SEE_RESULTS, Action.SEE_TIME_USE, Action.TAKE_EVIDENCE, Action.SEE_OBJECTIONS})
SCOPES: Mapping[str, frozenset[Action]] = {
    "read:published": _READING,
    "import": frozenset(
        {
            Action.SEE_PROGRESS,
            Action.IMPORT_SHEETS,
            Action.DOWNLOAD_TEMPLATES,
            Action.PROPOSE_MAPPING,
            Action.DECIDE_MAPPING,
            Action.UPLOAD_REGISTERS,
            Action.UPLOAD_INDICATORS,
        }
    ),
    "scenario": _READING
    | {
        Action.BUILD_SCENARIO,
        Action.PREVIEW_SCENARIO,
        Action.COMPUTE_SCENARIO,
        Action.SAVE_SCENARIO,
        Action.SHARE_SCENARIO,
        Action.PUBLISH_SCENARIO,
        Action.SANDBOX,
        Action.OBJECT,
        Action.COUNTER_PROPOSE,
        Action.ANSWER_OBJECTION,
    },
    "admin": frozenset({Action.ADMINISTER_ACCOUNTS, Action.READ_AUDIT, Action.SEE_HEALTH}),
}
"""What a token may be made for. Making tokens and changing passwords is for people only: OWN_ACCOUNT is in none."""


class RefusedError(Exception):
    """This account may not do this: 403."""


def may(account: Account, action: Action, territory: str | None = None, scenario_status: str | None = None) -> bool:
    """territory: of what the action touches; None asks whether it may be done anywhere at all.
    scenario_status: draft, shared or published.
    """
    reach = RIGHTS.get(action, {}).get(account.role)
    if reach is None or not _scoped(account, action, scenario_status):
        return False
    if reach is Reach.OWN and not _own(account, action, territory):
        return False
    return scenario_status is None or account.role in READERS.get(scenario_status, frozenset())


def _own(account: Account, action: Action, territory: str | None) -> bool:
    if not account.territory:
        return False
    return territory in (None, account.territory) or (territory == WHOLE and action in _READING)


def require(account: Account, action: Action, territory: str | None = None, scenario_status: str | None = None) -> None:
    if not may(account, action, territory, scenario_status):
        raise RefusedError(action)


def territories_of(
    account: Account, everywhere: Iterable[str], action: Action = Action.SEE_PROGRESS
) -> tuple[str, ...]:
    """Of all territories' codes, those for which the account may do this."""
    return tuple(code for code in everywhere if may(account, action, territory=code))


def scopes_of(account: Account) -> tuple[str, ...]:
    """The scopes under which this account may do anything at all."""
    return tuple(scope for scope, actions in SCOPES.items() if any(may(account, action) for action in actions))


def _scoped(account: Account, action: Action, scenario_status: str | None) -> bool:
    """Whether a token's scopes let it; a person is not confined."""
    if account.scopes is None:
        return True
    return any(
        action in SCOPES.get(scope, ()) and (scope != "read:published" or scenario_status in (None, "published"))
        for scope in account.scopes
    )
