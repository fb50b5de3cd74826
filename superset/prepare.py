"""Everything between an empty metadata database and one to serve, in one process. Our launcher runs it:

    python prepare.py setup  < {"programs": true, "assets": "…", "roles": "…", "people": […], "entry": false}
    python prepare.py export < {"assets": "…"}

It answers with one line of JSON: {"ok": true, …} or {"ok": false, "problem": "…"}.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

ANSWER = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # whatever the libraries print goes to the log

import yaml  # noqa: E402
from setup_errors import SetupError  # noqa: E402
from superset.app import create_app  # noqa: E402


def setup(asked: dict[str, Any]) -> dict[str, Any]:
    from superset import appbuilder, security_manager

    if asked["programs"]:
        from flask_migrate import upgrade

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()

    from assets_tool import our_database, take_in
    from flask import g
    from setup_security import apply
    from superset_config import DATA_URL

    document = yaml.safe_load(Path(asked["roles"]).read_text("utf-8"))
    g.user = _administrator(asked["people"])
    taken = take_in(Path(asked["assets"]), DATA_URL.set(password=None).render_as_string())
    # Where people enter with their account of the web app, their roles come from there.
    apply(document, [] if asked["entry"] else asked["people"], our_database())
    return {"dashboards": taken}


def _administrator(people: list[dict[str, str]]) -> Any:
    """Who owns what is taken in: the first administrator of the list, made now if need be."""
    from superset import security_manager

    person = next(person for person in people if person["role"] == "administration")
    return security_manager.find_user(person["login"]) or security_manager.add_user(
        person["login"],
        person["first_name"],
        person["last_name"],
        f"{person['login']}@invalid",
        security_manager.find_role("Admin"),
        password=person["password"],
    )


def export(asked: dict[str, Any]) -> dict[str, Any]:
    from assets_tool import put_back
    from flask import g

    from superset import security_manager

    admin = security_manager.find_role("Admin")
    g.user = next(user for user in security_manager.get_all_users() if admin in user.roles)
    return {"changed": put_back(Path(asked["assets"]))}


def main() -> None:
    asked = json.load(sys.stdin)
    app = create_app()
    with app.app_context(), app.test_request_context():
        try:
            answer = {"ok": True, **{"setup": setup, "export": export}[sys.argv[1]](asked)}
        except SetupError as error:
            answer = {"ok": False, "problem": str(error)}
        except Exception as error:
            if os.environ.get("WORKLOAD_DEBUG") == "1":
                raise
            answer = {"ok": False, "problem": _kind(error)}
    print(json.dumps(answer, ensure_ascii=False), file=ANSWER, flush=True)


def _kind(error: BaseException | None) -> str:
    """What kind of thing went wrong and, where an asset's file is badly made, which and how; no figure."""
    parts = []
    while error is not None:
        messages = getattr(error, "normalized_messages", None)
        parts.append(f"{type(error).__name__} {json.dumps(messages(), ensure_ascii=False) if messages else ''}".strip())
        error = error.__cause__ or error.__context__
    return " ; ".join(dict.fromkeys(parts))


if __name__ == "__main__":
    main()
