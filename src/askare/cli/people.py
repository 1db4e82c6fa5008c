"""Who may come in: tokens and users."""

from __future__ import annotations

import getpass
import os
import re
import sys
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from cyclopts import App, Parameter

from askare.access import operations as access
from askare.access import passwords, tokens
from askare.access.model import Rights, User
from askare.cli.shared import (
    AsJson,
    Data,
    DatabaseAddress,
    Stop,
    opened_database,
    organization_named,
    print_rows,
    say,
    settings_of,
)
from askare.directory import operations as directory
from askare.edge import Edge
from askare.kernel.caller import Role, Scope
from askare.kernel.time import written
from askare.storage.desk import Database
from askare.storage.transactions import Transaction

token_app = App(name="token")
user_app = App(name="user", help="People who sign in with a name and a password.")


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([smhd])", text.strip())
    if match is None or int(match[1]) == 0:
        raise Stop(f"--ttl {text}: say a number and s, m, h or d, such as 12h or 30d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _scope(text: str) -> Scope:
    try:
        return Scope(text.strip().lower())
    except ValueError:
        raise Stop(f"--scope {text}: there are {', '.join(scope.value for scope in Scope)}") from None


@token_app.default
def token(
    *,
    organization: str,
    role: Role,
    office: tuple[UUID, ...] = (),
    agent: UUID | None = None,
    user: UUID | None = None,
    scope: tuple[str, ...] = (),
    ttl: str = "30d",
    name: str = "",
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Print one bearer token, alone, on standard output.  The server may be running or not.

    Organization, offices and user are made when they are missing.  Only a digest of the token is kept, so it cannot
    be shown again.

    Example: `askare token --organization Koti --role agent --office 212114ec-819e-483c-a8e0-f82289ac6e19`

    Parameters
    ----------
    organization
        Name of the organization.
    role
        What the holder may do.
    office
        An office whose things an agent sees; may be given several times.
    agent
        The agent who the holder is.
    user
        The user who the holder is; without it there is one user for each organization, role, agent and offices.
    scope
        What the token is limited to: tasks:read, tasks:write or tasks:ingest; may be given several times.  Such a token
        opens the contact centre's API alone.  Without any it is good for whatever the role may.
    ttl
        How long the token is good: a number and s, m, h or d.
    name
        What it is for, to be known by in `askare token list`.
    """
    settings = settings_of(data, database).settings
    lifetime, scopes = _lifetime(ttl), tuple(map(_scope, scope))
    if role is Role.AGENT and not office and user is None:
        say("Note: an agent without --office sees no tasks.", style="yellow")
    with opened_database(settings) as opened:
        print(issue_token(opened, organization, role, office, agent, user, lifetime, name=name.strip(), scopes=scopes))


def issue_token(
    database: Database,
    organization_name: str,
    role: Role,
    offices: tuple[UUID, ...],
    agent: UUID | None,
    user_id: UUID | None,
    lifetime: timedelta,
    *,
    name: str = "",
    scopes: tuple[Scope, ...] = (),
) -> str:
    edge = Edge()
    secret = tokens.personal_token(os.urandom(tokens.SECRET_BYTES))

    def issue(tx: Transaction) -> None:
        now = edge.now()
        organization = access.ensure_organization(tx, organization_name, organization_id=edge.new_id())
        holder = access.ensure_token_holder(
            tx, organization, Rights(role, frozenset(offices), agent), user_id=user_id, now=now
        )
        access.issue_personal_token(
            tx,
            holder,
            role=role,
            office_ids=offices,
            agent_id=agent,
            digest=tokens.digest_of(secret),
            token_id=edge.new_id(),
            now=now,
            expires_at=now + lifetime,
            name=name,
            scopes=scopes,
        )
        for office_id in offices:
            directory.ensure_office(tx, organization, office_id, now=now)

    database.write(issue)
    return secret


@token_app.command(name="list")
def list_tokens(
    *, organization: str, as_json: AsJson = False, data: Data = None, database: DatabaseAddress = None
) -> None:
    """Show an organization's tokens, newest first.  The tokens themselves are nowhere to be seen.

    Parameters
    ----------
    organization
        Name of the organization.
    """
    with opened_database(settings_of(data, database).settings) as opened:
        of = organization_named(opened, organization)
        page = opened.read(lambda tx: access.list_tokens(tx, of))
    rows: list[dict[str, Any]] = [
        {
            "tokenId": str(one.token_id),
            "name": one.name,
            "userId": str(one.user_id),
            "role": one.rights.role.value,
            "scopes": None if one.scopes is None else sorted(scope.value for scope in one.scopes),
            "offices": sorted(map(str, one.rights.office_ids)),
            "created": written(one.created_at),
            "expires": written(one.expires_at),
            "lastUsed": written(one.used_at) if one.used_at else None,
            "revoked": written(one.revoked_at) if one.revoked_at else None,
        }
        for one in page.items
    ]
    if not as_json:  # what fits into a terminal; the rest is for programs
        for row in rows:
            del row["userId"], row["created"]
            row["scopes"], row["offices"] = " ".join(row["scopes"] or ()), len(row["offices"])
            row.update({name: (row[name] or "")[:16].replace("T", " ") for name in ("expires", "lastUsed", "revoked")})
    print_rows(f"Tokens of {organization} (times in UTC)", rows, as_json=as_json)


@token_app.command(name="revoke")
def revoke_token(token_id: UUID, /, *, organization: str, data: Data = None, database: DatabaseAddress = None) -> None:
    """Make a token worthless; running servers know it within 5 seconds.

    Parameters
    ----------
    token_id
        Its id, as `askare token list` shows it.
    organization
        Name of the organization.
    """
    now = Edge().now()
    with opened_database(settings_of(data, database).settings) as opened:
        of = organization_named(opened, organization)
        opened.write(lambda tx: access.revoke_token(tx, of, token_id, now=now))
    say("Revoked.")


@user_app.command(name="add")
def add_user(
    name: str,
    /,
    *,
    organization: str,
    role: Role,
    office: tuple[UUID, ...] = (),
    agent: UUID | None = None,
    password_stdin: Annotated[bool, Parameter(negative="")] = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Add a person who signs in with a name and a password.

    The password is asked for, twice; with --password-stdin it is the first line of standard input.

    Parameters
    ----------
    name
        The username, unique over the whole server.
    organization
        Name of the organization; made when missing.
    role
        What the person may do.
    office
        An office whose things an agent sees; may be given several times.
    agent
        The agent who the person is.
    password_stdin
        Read the password from standard input.
    """
    settings = settings_of(data, database).settings
    password = _password(from_stdin=password_stdin)
    password_hash = passwords.hashed(password)
    edge = Edge()

    def add(tx: Transaction) -> User:
        of = access.ensure_organization(tx, organization, organization_id=edge.new_id())
        for office_id in office:
            directory.ensure_office(tx, of, office_id, now=edge.now())
        return access.add_user(
            tx,
            of,
            name,
            password_hash,
            role,
            user_id=edge.new_id(),
            now=edge.now(),
            office_ids=office,
            agent_id=agent,
        )

    with opened_database(settings) as opened:
        user = opened.write(add)
    say(f"{user.username} may sign in at /authentication/v1/token as {role.value}.")
    print(user.user_id)


@user_app.command(name="list")
def list_users(
    *, organization: str, as_json: AsJson = False, data: Data = None, database: DatabaseAddress = None
) -> None:
    """Show an organization's people who sign in with a password, by name.

    Parameters
    ----------
    organization
        Name of the organization.
    """
    with opened_database(settings_of(data, database).settings) as opened:
        of = organization_named(opened, organization)
        found = opened.read(lambda tx: access.users(tx, of))
    rows = [
        {
            "username": user.username,
            "userId": str(user.user_id),
            "role": user.rights.role.value,
            "offices": len(user.rights.office_ids),
            "disabled": user.disabled if as_json else "yes" * user.disabled,
        }
        for user in found
    ]
    print_rows(f"People of {organization}", rows, as_json=as_json)


@user_app.command(name="password")
def change_password(
    name: str,
    /,
    *,
    password_stdin: Annotated[bool, Parameter(negative="")] = False,
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Give a person another password; whoever is signed in with a cookie must sign in again.

    It is asked for, twice; with --password-stdin it is the first line of standard input.  A token from
    /authentication/v1/token lives on for its 15 minutes.

    Parameters
    ----------
    name
        The username.
    password_stdin
        Read the password from standard input.
    """
    settings = settings_of(data, database).settings
    password_hash = passwords.hashed(_password(from_stdin=password_stdin))
    with opened_database(settings) as opened:
        user = opened.write(lambda tx: access.change_password(tx, name, password_hash, now=Edge().now()))
    say(f"{user.username} has another password.")


@user_app.command(name="disable")
def disable_user(name: str, /, *, data: Data = None, database: DatabaseAddress = None) -> None:
    """Lock a person out: no sign-in, and every token and session of theirs is worthless within a minute.

    What the person did stays.  `askare user enable` takes it back.

    Parameters
    ----------
    name
        The username.
    """
    with opened_database(settings_of(data, database).settings) as opened:
        opened.write(lambda tx: access.disable_user(tx, access.user_named(tx, name).user_id))
    say(f"{name} is nobody any more.")


@user_app.command(name="enable")
def enable_user(name: str, /, *, data: Data = None, database: DatabaseAddress = None) -> None:
    """Let a person in again who was locked out.

    Parameters
    ----------
    name
        The username.
    """
    with opened_database(settings_of(data, database).settings) as opened:
        opened.write(lambda tx: access.enable_user(tx, access.user_named(tx, name).user_id))
    say(f"{name} may sign in again.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Stop("There is no terminal to ask for the password at; use --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Stop("The two passwords differ; nothing was changed.")
    return password
