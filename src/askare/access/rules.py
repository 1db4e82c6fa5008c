"""What each role sees, what a token may hand on, and how usernames and passwords must look.  Pure.

A token may be limited further, to scopes.  All scopes that there are belong to the contact centre's API; so a token
that has any does nothing in the other dialects, whatever its role: whoever limits a token to `tasks:read` wants it to
open that and nothing else.
"""

from __future__ import annotations

import unicodedata
from uuid import UUID, uuid5

from askare.access.model import Organization, Rights, User
from askare.kernel.caller import Caller, Role, Scope
from askare.kernel.problems import Fault, Invalid, Refused, Wrong

PASSWORD_LETTERS_MIN = 10
PASSWORD_LETTERS_MAX = 1_000  # only to protect the server
USERNAME_LETTERS_MAX = 200

STRONGEST_FIRST = (Role.ADMIN, Role.SUPERVISOR, Role.AGENT, Role.OPERATOR, Role.INGEST)

# The roles that a user of each role may give to a token.  Handing calls in shows nothing, so everyone may give it.
WITHIN = {
    Role.ADMIN: frozenset(Role),
    Role.SUPERVISOR: frozenset({Role.SUPERVISOR, Role.OPERATOR, Role.INGEST}),
    Role.AGENT: frozenset({Role.AGENT, Role.INGEST}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.INGEST}),
    Role.INGEST: frozenset({Role.INGEST}),
}

# What each role can do at all in the contact centre's API.  Agents have nothing to do there.
SCOPES_OF = {
    Role.ADMIN: frozenset(Scope),
    Role.SUPERVISOR: frozenset(Scope),
    Role.AGENT: frozenset[Scope](),
    Role.OPERATOR: frozenset(Scope),
    Role.INGEST: frozenset({Scope.TASKS_INGEST}),
}


def sight(rights: Rights) -> frozenset[UUID] | None:
    """The offices whose things exist for the role; None stands for every office of the organization.

    Admins and supervisors see every office, agents their own.  Operators and ingest see no office: what they see
    or hand in are calls, which belong to the organization and to operators, not to offices.
    """
    if rights.role in (Role.ADMIN, Role.SUPERVISOR):
        return None
    return rights.office_ids if rights.role is Role.AGENT else frozenset()


def caller_with(rights: Rights, user: User, *, scopes: frozenset[Scope] | None = None) -> Caller:
    """The user as a caller with these rights, which may be fewer than the user's own."""
    return Caller(
        organization_no=user.organization.organization_no,
        organization_id=user.organization.organization_id,
        user_id=user.user_id,
        role=rights.role,
        office_ids=sight(rights),
        agent_id=rights.agent_id,
        scopes=scopes,
    )


def require_useful(scopes: frozenset[Scope], role: Role) -> None:
    """A token is not limited to what its role cannot do anyway.  Raises Refused, naming what is too much."""
    useless = sorted(scope.value for scope in scopes - SCOPES_OF[role])
    if useless:
        faults = [Fault("scopes", Wrong.STATE, f"the role {role.value} has no {scope}") for scope in useless]
        raise Refused(f"A token of the role {role.value} cannot have the scope {', '.join(useless)}.", faults)


def require_within(wanted: Rights, user: Rights) -> None:
    """A token never has more rights than its user.  Raises Refused, naming each right that would be too much."""
    faults = []
    if wanted.role not in WITHIN[user.role]:
        faults.append(Fault("role", Wrong.STATE, f"a user of role {user.role.value} cannot give {wanted.role.value}"))
    seen = sight(user)
    if wanted.role is Role.AGENT and seen is not None and not wanted.office_ids <= seen:
        faults.append(Fault("offices", Wrong.STATE, "the user does not see all of these offices"))
    if wanted.agent_id not in (None, user.agent_id) and user.role is not Role.ADMIN:
        faults.append(Fault("agent", Wrong.STATE, "the user is not this agent"))
    if faults:
        raise Refused("A token cannot have more rights than its user.", faults)


def narrowed(token: Rights, user: Rights) -> Rights | None:
    """What is left of a token's rights, now that its user has these; None when the two have nothing in common.

    The user's rights may have shrunk since the token was issued, and the token shrinks with them.
    """
    if token.role in WITHIN[user.role]:
        role = token.role
    elif user.role in WITHIN[token.role]:
        role = user.role
    else:
        return None
    of_token, of_user = sight(token), sight(user)
    if of_token is None:
        offices = of_user
    elif of_user is None:
        offices = of_token
    else:
        offices = of_token & of_user
    its_own = user.role is Role.ADMIN or token.agent_id == user.agent_id
    return Rights(role, offices or frozenset(), token.agent_id if its_own else None)


def nameless_user_id(organization: Organization, rights: Rights) -> UUID:
    """The user who holds tokens of these rights when nobody says who: the same one every time."""
    offices = " ".join(sorted(map(str, rights.office_ids)))
    return uuid5(organization.organization_id, f"{rights.role.value} {rights.agent_id or ''} {offices}")


def strongest(names: list[str]) -> Role | None:
    """The strongest of the roles that are named; names that we do not know say nothing."""
    return next((role for role in STRONGEST_FIRST if role.value in names), None)


def settled_username(text: str) -> str:
    """The username as it is kept and looked for: no blanks around it, and `Anna` is `anna`.

    Raises Invalid for an empty or overlong one and for one with unprintable characters.
    """
    username = unicodedata.normalize("NFC", text.strip().casefold())
    if not 1 <= len(username) <= USERNAME_LETTERS_MAX or not username.isprintable():
        raise Invalid.in_body(
            "username", Wrong.TYPE, f"username must be 1 to {USERNAME_LETTERS_MAX} printable characters"
        )
    return username


def require_good_password(password: str) -> None:
    """At least ten characters, whichever they are: length protects, rules about letters and digits do not.

    Raises Invalid.  Source: NIST SP 800-63B, 3.1.1.2.
    """
    if len(password) < PASSWORD_LETTERS_MIN:
        raise Invalid.in_body("password", Wrong.TYPE, f"password must be at least {PASSWORD_LETTERS_MIN} characters")
    if len(password) > PASSWORD_LETTERS_MAX:
        raise Invalid.in_body("password", Wrong.TYPE, f"password must be at most {PASSWORD_LETTERS_MAX} characters")
