"""What can be done with organizations, users and tokens.

Every function runs inside one transaction that was opened for the house itself: whoever asks here is not a caller
yet, or is the owner at the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from askare.access import rules, store
from askare.access.model import Admission, Identity, Organization, PersonalToken, Rights, Session, User
from askare.kernel.caller import Caller, Role, Scope
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Fault, Invalid, NotFound, Refused, Wrong
from askare.settings import Secret
from askare.storage.transactions import Transaction

ORGANIZATION_NAME_LETTERS_MAX = 200
TOKENS_LISTED = Window(0, 200)
TOKENS_KEPT = timedelta(days=90)  # after their end, so that the list still tells what there was
TOKEN_NAME_LETTERS_MAX = 100
USE_NOTED_EVERY = timedelta(hours=1)  # not with each request: that would be a write for every read
SWEPT_AT_ONCE = 1_000
USERS_LISTED = 10_000
SESSIONS_MAX = 10  # at once for one user; source: the platform's API overview


def ensure_organization(tx: Transaction, name: str, *, organization_id: UUID) -> Organization:
    """The organization of this name; made under the given id when there is none.

    Two processes may ask at the same moment: both get the one that came first.
    """
    name = name.strip()
    if not 1 <= len(name) <= ORGANIZATION_NAME_LETTERS_MAX or not name.isprintable():
        raise Invalid.in_body(
            "organization",
            Wrong.TYPE,
            f"the organization's name must be 1 to {ORGANIZATION_NAME_LETTERS_MAX} printable characters",
        )
    found = store.organization_named(tx, name)
    if found is None:
        store.insert_organization(tx, name, organization_id)
        found = store.organization_named(tx, name)
        assert found is not None  # noqa: S101  -- organizations are never deleted
    return found


def organizations(tx: Transaction) -> list[Organization]:
    """Every organization on this server, by name."""
    return store.organizations(tx)


def ensure_token_holder(
    tx: Transaction, organization: Organization, rights: Rights, *, user_id: UUID | None, now: datetime
) -> User:
    """The user to whom the owner of the server hands a token of these rights; made when missing.

    A user who is there already is given the offices and the agent that are still lacking, but never another role.
    Without `user_id` it is one user for each organization, role, agent and set of offices.
    """
    if user_id is None:
        user_id = rules.nameless_user_id(organization, rights)
    known = store.user_of_id(tx, user_id)
    if known is None:
        return ensure_user(
            tx,
            organization,
            user_id=user_id,
            role=rights.role,
            office_ids=rights.office_ids,
            agent_id=rights.agent_id,
            now=now,
        )
    if known.organization != organization:
        raise Refused("The user belongs to another organization.")
    widened = Rights(
        known.rights.role, known.rights.office_ids | rights.office_ids, known.rights.agent_id or rights.agent_id
    )
    if widened != known.rights:
        store.change_rights(tx, user_id, widened)
    return _user(tx, user_id)


def ensure_user(
    tx: Transaction,
    organization: Organization,
    *,
    user_id: UUID,
    role: Role,
    office_ids: Iterable[UUID],
    agent_id: UUID | None,
    now: datetime,
) -> User:
    """The user of this id with exactly these rights: made when missing, given these rights when they differ.

    Raises Refused when the user belongs to another organization.
    """
    rights = Rights(role, frozenset(office_ids), agent_id)
    store.insert_user(tx, organization, user_id, rights, created_at=now)
    user = _user(tx, user_id)
    if user.organization.organization_no != organization.organization_no:
        raise Refused("The user belongs to another organization.")
    if user.rights != rights:
        store.change_rights(tx, user_id, rights)
        user = _user(tx, user_id)
    return user


def add_user(
    tx: Transaction,
    organization: Organization,
    username: str,
    password_hash: str,
    role: Role,
    *,
    user_id: UUID,
    now: datetime,
    office_ids: Iterable[UUID] = (),
    agent_id: UUID | None = None,
) -> User:
    """A new user who signs in with a password, given as `passwords.hashed` made it.

    Raises Invalid for a username that cannot be, and Refused for one that somebody on this server has already.
    """
    username = rules.settled_username(username)
    new = store.insert_user(
        tx,
        organization,
        user_id,
        Rights(role, frozenset(office_ids), agent_id),
        created_at=now,
        username=username,
        password_hash=password_hash,
    )
    if not new:
        reason = f"The username {username} is taken; usernames are unique over the whole server."
        raise Refused(reason, [Fault("username", Wrong.STATE, "this username is taken")])
    return _user(tx, user_id)


def users(tx: Transaction, organization: Organization) -> list[User]:
    """Those of an organization who sign in with a password, by name, at most `USERS_LISTED`."""
    return store.users_of(tx, organization, limit=USERS_LISTED)


def user_named(tx: Transaction, username: str) -> User:
    """Who signs in under this name.  Raises Refused; Invalid for a name that nobody can have."""
    found = store.user_and_password_hash(tx, rules.settled_username(username))
    if found is None:
        raise Refused(f"There is no user named {username}.")
    return found[0]


def change_password(tx: Transaction, username: str, password_hash: str, *, now: datetime) -> User:
    """From now on the user signs in with another password; who is signed in with a cookie is so no longer.

    Raises Refused when there is no such user.
    """
    user = user_named(tx, username)
    set_password(tx, user.user_id, password_hash)
    store.delete_sessions_but_newest(tx, user.user_id, kept=0, now=now)
    return user


def change_rights(
    tx: Transaction, user_id: UUID, *, role: Role, office_ids: Iterable[UUID], agent_id: UUID | None
) -> None:
    """Raises NotFound."""
    _require_user(store.change_rights(tx, user_id, Rights(role, frozenset(office_ids), agent_id)))


def disable_user(tx: Transaction, user_id: UUID) -> None:
    """From now on the user is nobody: no sign-in, and every token of theirs is dead within a minute.

    Raises NotFound.
    """
    _require_user(store.set_disabled(tx, user_id, disabled=True))


def enable_user(tx: Transaction, user_id: UUID) -> None:
    """Raises NotFound."""
    _require_user(store.set_disabled(tx, user_id, disabled=False))


def set_password(tx: Transaction, user_id: UUID, password_hash: str) -> None:
    """Raises NotFound."""
    _require_user(store.set_password_hash(tx, user_id, password_hash))


def refresh_password_hash(tx: Transaction, user_id: UUID, *, stored: Secret, fresh: str) -> None:
    """Keep a stronger hash of the same password; a password that was changed meanwhile stays."""
    store.replace_password_hash(tx, user_id, stored=stored.reveal(), fresh=fresh)


def issue_personal_token(
    tx: Transaction,
    user: User,
    *,
    role: Role,
    office_ids: Iterable[UUID],
    agent_id: UUID | None,
    digest: bytes,
    token_id: UUID,
    now: datetime,
    expires_at: datetime,
    name: str = "",
    scopes: Iterable[Scope] = (),
) -> PersonalToken:
    """Keep a personal access token by its digest (`tokens.digest_of`); without scopes, for whatever its role may.

    Raises Refused when it would have more rights than its user, or scopes that its role has nothing to do with, or
    would be expired from the start; Invalid for a name that nobody can read.
    """
    if len(name) > TOKEN_NAME_LETTERS_MAX or not name.isprintable():
        raise Invalid.in_body("name", Wrong.TYPE, f"must be at most {TOKEN_NAME_LETTERS_MAX} printable characters")
    rights = Rights(role, frozenset(office_ids), agent_id)
    rules.require_within(rights, user.rights)
    limited_to = frozenset(scopes) or None
    rules.require_useful(limited_to or frozenset(), role)
    if expires_at <= now:
        raise Refused("The token would be expired from the start.")
    token = PersonalToken(
        token_id,
        user.user_id,
        rights,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        name=name,
        scopes=limited_to,
    )
    store.insert_token(tx, token, digest=digest)
    return token


def revoke_token(tx: Transaction, organization: Organization, token_id: UUID, *, now: datetime) -> None:
    """The token opens nothing any more, once what the servers remember of it is 5 seconds old.

    Revoking again changes nothing.  Raises NotFound, also for a token of another organization.
    """
    if not store.revoke(tx, organization, token_id, revoked_at=now):
        raise NotFound("token", "tokenId")


def list_tokens(tx: Transaction, organization: Organization, *, window: Window = TOKENS_LISTED) -> Page[PersonalToken]:
    """The organization's personal access tokens, the newest first, expired and revoked ones included."""
    return store.tokens_of(tx, organization, window)


def sweep_tokens(tx: Transaction, *, now: datetime) -> int:
    """Forget tokens that expired or were revoked `TOKENS_KEPT` ago, at most `SWEPT_AT_ONCE`; return how many."""
    return store.delete_tokens_ended_before(tx, now - TOKENS_KEPT, limit=SWEPT_AT_ONCE)


# At the door -----------------------------------------------------------------------------------------------------


class SignInRow(Struct, frozen=True):
    """The user of a username, and the hash of the password (empty when the user has none)."""

    user: User
    password_hash: Secret


def sign_in_row(tx: Transaction, username: str) -> SignInRow | None:
    """The user of this settled username, disabled ones included: the door must take as long for them."""
    found = store.user_and_password_hash(tx, username)
    return None if found is None else SignInRow(found[0], Secret(found[1] or ""))


def caller_of_user(tx: Transaction, user_id: UUID) -> Caller | None:
    """The user as a caller with all rights of theirs; None for nobody and for a disabled user."""
    user = store.user_of_id(tx, user_id)
    return None if user is None or user.disabled else rules.caller_with(user.rights, user)


def caller_of_digest(tx: Transaction, digest: bytes, *, now: datetime) -> Admission | None:
    """Who stands behind a personal access token, with what is left of its rights, and when it expires.

    None for a token that is unknown, expired or revoked, whose user is disabled, or whose user has lost all that
    the token could do.
    """
    found = store.token_and_user(tx, digest)
    if found is None:
        return None
    token, user = found
    if user.disabled or token.revoked_at is not None or token.expires_at <= now:
        return None
    rights = rules.narrowed(token.rights, user.rights)
    if rights is None:
        return None
    is_news = token.used_at is None or now - token.used_at >= USE_NOTED_EVERY
    caller = rules.caller_with(rights, user, scopes=token.scopes)
    return Admission(caller, token.expires_at.timestamp(), use_is_news=is_news)


def note_use(tx: Transaction, digest: bytes, *, now: datetime) -> None:
    """The personal access token of this digest was used."""
    store.note_use(tx, digest, used_at=now)


def key_and_caller(tx: Transaction, key_id: str, user_id: UUID) -> tuple[str | None, Caller | None]:
    """What is needed to judge one of our own tokens, in one look: the public key, and the user whom it names."""
    return store.public_key(tx, key_id), caller_of_user(tx, user_id)


def caller_from_outside(tx: Transaction, identity: Identity) -> Caller | None:
    """Whom an outside issuer vouches for; None when there is no such organization, or when the user is known here
    as disabled or as somebody of another organization."""
    organization = _organization_of(tx, identity.organization)
    if organization is None:
        return None
    known = store.user_of_id(tx, identity.user_id)
    if known is not None and (known.disabled or known.organization != organization):
        return None
    stranger = User(identity.user_id, organization, username=None, rights=identity.rights, disabled=False)
    return rules.caller_with(identity.rights, stranger)


# Sessions --------------------------------------------------------------------------------------------------------


def open_session(tx: Transaction, session: Session, *, digest: bytes) -> None:
    """Keep a new session by its digest.  Where its user has as many as can be, the oldest ends."""
    store.insert_session(tx, session, digest=digest)
    store.delete_sessions_but_newest(tx, session.user_id, kept=SESSIONS_MAX, now=session.created_at)


def caller_of_session(tx: Transaction, digest: bytes, *, now: datetime) -> Admission | None:
    """Who signed in, and when the session ends; None for one that is over and for a disabled user."""
    found = store.session_and_user(tx, digest)
    if found is None or found[0].expires_at <= now or found[1].disabled:
        return None
    session, user = found
    return Admission(rules.caller_with(user.rights, user), session.expires_at.timestamp())


def prolong_session(tx: Transaction, digest: bytes, *, until: datetime) -> None:
    """The session lives at least until then."""
    store.prolong_session(tx, digest, until=until)


def end_session(tx: Transaction, digest: bytes) -> None:
    """Nobody is known by this cookie any more.  Ending it again changes nothing."""
    store.delete_session(tx, digest)


def sweep_sessions(tx: Transaction, *, now: datetime) -> int:
    """Forget sessions that are over, at most `SWEPT_AT_ONCE`; return how many."""
    return store.delete_sessions_ended_before(tx, now, limit=SWEPT_AT_ONCE)


def _organization_of(tx: Transaction, name_or_id: str) -> Organization | None:
    if not name_or_id.isprintable():
        return None
    found = store.organization_named(tx, name_or_id)
    if found is not None:
        return found
    try:
        return store.organization_of_id(tx, UUID(name_or_id))
    except ValueError:
        return None


def _user(tx: Transaction, user_id: UUID) -> User:
    user = store.user_of_id(tx, user_id)
    assert user is not None  # noqa: S101  -- users are never deleted
    return user


def _require_user(found: bool) -> None:
    if not found:
        raise NotFound("user", "userId")
