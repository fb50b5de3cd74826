"""`account`: who may enter the pages; the first administrator is made here."""

from typing import Annotated

import typer

from workload.catalogue import text
from workload.commands.console import aligned, language

accounts = typer.Typer(help="Les comptes des pages : créer, lister, changer, fermer.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="IDENTIFIANT", help="L’identifiant du compte.")]
By = Annotated[str, typer.Option("--by", metavar="NOM", help="Qui agit : le journal le garde.")]


@accounts.command("add")
def add(
    login: Login,
    role: Annotated[
        str, typer.Option("--role", metavar="RÔLE", help="responsable, direction, representants ou administration.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="NOM", help="Le nom affiché.")] = "",
    territory: Annotated[str, typer.Option("--territory", metavar="CODE", help="Le territoire d’un responsable.")] = "",
    email: Annotated[str, typer.Option("--email", metavar="ADRESSE", help="Son adresse dans l’annuaire.")] = "",
    directory: Annotated[
        bool, typer.Option("--directory", help="Sans mot de passe : entre par l’annuaire seulement.")
    ] = False,
    by: By = "ligne de commande",
) -> None:
    """Crée un compte et montre son mot de passe, une seule fois."""
    from workload.errors import RequestError
    from workload.store import open_store
    from workload.store.account_kinds import Role
    from workload.store.accounts import NewAccount, make_account

    if role not in set(Role):
        raise RequestError("account_role_unfit", roles=", ".join(Role))
    with open_store() as engine:
        new = NewAccount(login, name or login, Role(role), territory, email)
        made = make_account(engine, new, by, with_password=not directory)
    typer.echo(text("account_made", language(), login=login))
    if made.password:
        typer.echo(text("account_password_once", language(), password=made.password))


@accounts.command("list")
def show() -> None:
    """Les comptes, ceux qui peuvent entrer d’abord."""
    from workload.store import open_store
    from workload.store.accounts import list_accounts

    with open_store() as engine:
        rows = [
            [
                row.login,
                row.name,
                row.role,
                row.territory,
                text("account_active" if row.active else "account_inactive", language()),
                row.last_login_at.strftime("%Y-%m-%d") if row.last_login_at else "–",
            ]
            for row in list_accounts(engine)
        ]
    typer.echo(aligned(rows) if rows else text("account_none", language()))


@accounts.command("password")
def password(login: Login, by: By = "ligne de commande") -> None:
    """Donne un nouveau mot de passe, montré une seule fois ; coupe sessions et jetons."""
    from workload.store import open_store
    from workload.store.accounts import reset_password

    with open_store() as engine:
        drawn = reset_password(engine, _number(engine, login), by)
    typer.echo(text("account_password_once", language(), password=drawn))


@accounts.command("deactivate")
def deactivate(login: Login, by: By = "ligne de commande") -> None:
    """Ferme un compte ; coupe sessions et jetons."""
    from workload.store import open_store
    from workload.store.accounts import set_active

    with open_store() as engine:
        set_active(engine, _number(engine, login), active=False, by=by)
    typer.echo(text("account_closed", language(), login=login))


def _number(engine: object, login: str) -> int:
    from sqlalchemy import Engine

    from workload.errors import RequestError
    from workload.store.accounts import find_login

    assert isinstance(engine, Engine)
    row = find_login(engine, login)
    if row is None:
        raise RequestError("account_unknown")
    return int(row.id)
