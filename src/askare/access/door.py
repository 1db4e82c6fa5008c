"""The door: from the `Authorization` header of a request to the caller it is answered for.

Five kinds of bearer tokens are known here, tried in this order: fixed tokens from the setting `static_tokens`,
personal access tokens, sessions (which browsers send as a cookie), tokens of our own from `sign_in`, and those of one
outside issuer.  Whoever comes again is recognised by the digest of the header, for a short while.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import msgspec
import structlog
from argon2 import PasswordHasher
from msgspec import Struct
from msgspec.structs import replace

from askare.access import keys, operations, passwords, rules, tokens
from askare.access.attempts import Attempts
from askare.access.keys import SigningKey
from askare.access.model import Admission, Session, User
from askare.access.tokens import Unverified
from askare.kernel.caller import Caller, Role, Scope
from askare.kernel.problems import Invalid, Refused, Unauthenticated, Unavailable
from askare.settings import BadSettings, Secret, Settings
from askare.storage.desk import Desk
from askare.storage.transactions import Transaction

if TYPE_CHECKING:
    from askare.access.outside_issuer import FetchJwks, OutsideIssuer

KNOWN_MAX = 10_000  # callers recognised without asking the database
PERSONAL_TOKEN_KNOWN_SECONDS = 5  # a revoked token works no longer than this
TOKEN_KNOWN_SECONDS = 60  # any other token of a user who was disabled works no longer than this
SESSION_RENEWED_BELOW = 0.9  # of its life: activity makes a session live on, at the cost of one write in a while
SIGN_INS_WAITING_MAX = 100
STATIC_TOKEN_LETTERS_MIN = 16  # a shorter one is accepted, but grumbled at

_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_STATIC_USERS = UUID("6d0f9f0e-5d0b-4c1e-9a43-6f7c3d0c1b5a")  # an arbitrary name space, the same for ever

_log = structlog.get_logger("askare")


class Door:
    """Says who is calling.  One a process, used from the event loop."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        *,
        fetch_jwks: FetchJwks | None = None,
        hasher: PasswordHasher = passwords.RECOMMENDED,
    ) -> None:
        """`fetch_jwks` answers the JWKS document of the outside issuer, when the settings name one.

        Raises BadSettings for static tokens that cannot be.
        """
        if settings.oidc_issuer and fetch_jwks is None:
            raise ValueError("oidc_issuer is set, so fetch_jwks is needed")
        self._desk = desk
        self._settings = settings
        self._outside: OutsideIssuer | None = None
        if settings.oidc_issuer and fetch_jwks:
            from askare.access.outside_issuer import OutsideIssuer  # with all kinds of keys, and certificates

            self._outside = OutsideIssuer(settings, fetch_jwks)
        self._configured = static_tokens(settings.static_tokens)
        self._static: dict[bytes, tuple[UUID, frozenset[Scope] | None]] = {}
        self._key: SigningKey | None = None
        self._known: dict[bytes, tuple[datetime, datetime, Caller]] = {}
        self._attempts = Attempts()
        self._hasher = hasher
        self._hashing = asyncio.Semaphore(passwords.AT_ONCE)
        self._sign_ins_waiting = 0

    async def open(self, now: datetime, new_id: Callable[[], UUID]) -> None:
        """Get ready: the signing key, and the organizations and users that the static tokens name.

        Raises BadKeyFile, and BadSettings for a static token whose user cannot be.
        """
        key = keys.signing_key(self._settings.data)
        await self._desk.write(None, None, keys.publish, key, now=now)
        for place, configured in enumerate(self._configured):
            try:
                user_id = await self._desk.write(
                    None, None, _ensure_holder, configured, organization_id=new_id(), now=now
                )
            except (Invalid, Refused) as problem:
                raise BadSettings([f"static_tokens[{place}]: {problem.reason}"]) from None
            self._static[tokens.digest_of(configured.token.reveal())] = user_id, configured.scopes or None
            if len(configured.token.reveal()) < STATIC_TOKEN_LETTERS_MIN:
                _log.warning(
                    "a static token is short and can be guessed", place=place, letters=STATIC_TOKEN_LETTERS_MIN
                )
        self._key = key

    # Who is calling ----------------------------------------------------------------------------------------------

    def known(self, authorization: str, now: datetime) -> Caller | None:
        """The caller of a header that was judged a moment ago, without asking anybody; None says nothing."""
        try:
            found = self._known.get(sha256(authorization.encode()).digest())
        except UnicodeEncodeError:  # a lone surrogate: such a header was never let in
            return None
        # The earlier bound matters when the clock is set back: what was learned later must not live longer for it.
        return found[2] if found is not None and found[0] <= now < found[1] else None

    async def caller(self, authorization: str | None, *, now: datetime) -> Caller:
        """The caller of a request with this `Authorization` header.

        Raises Unauthenticated, with a reason that never quotes the token; Unavailable when whom to ask is down.
        """
        if authorization is None:
            raise Unauthenticated("A bearer token is needed: Authorization: Bearer <token>.")
        known = self.known(authorization, now)
        if known is not None:
            return known
        admission = await self._admission(_token(authorization), now)
        self._remember(authorization, admission, now)
        return admission.caller

    def forget(self) -> None:
        """Recognise nobody: everyone is judged anew.  After a revocation it bites at once, in this process."""
        self._known.clear()

    async def _admission(self, token: str, now: datetime) -> Admission:
        static = self._static.get(tokens.digest_of(token))
        if static is not None:
            user_id, scopes = static
            caller = await self._desk.read(None, operations.caller_of_user, user_id)
            limited = None if caller is None else replace(caller, scopes=scopes)
            return _admitted(limited, now.timestamp() + TOKEN_KNOWN_SECONDS)
        if tokens.is_personal(token):
            found = await self._desk.read(None, operations.caller_of_digest, tokens.digest_of(token), now=now)
            if found is None:
                raise Unauthenticated("The personal access token is unknown, expired or revoked.")
            if found.use_is_news:
                with suppress(Unavailable):  # who has to be let in is not kept waiting for our notes
                    await self._desk.write(None, None, operations.note_use, tokens.digest_of(token), now=now)
            return Admission(found.caller, min(found.until, now.timestamp() + PERSONAL_TOKEN_KNOWN_SECONDS))
        if tokens.is_session(token):
            return await self._admission_by_session(tokens.digest_of(token), now)
        spoken = tokens.peek(token)
        if spoken.issuer == self._settings.issuer:
            return await self._admission_by_own_token(token, spoken, now)
        if self._outside is not None and spoken.issuer == self._outside.issuer:
            identity = await self._outside.identity(token, spoken, now=now)
            caller = await self._desk.read(None, operations.caller_from_outside, identity)
            if caller is None:
                raise Unauthenticated("The token's organization is unknown here, or its user is disabled.")
            return Admission(caller, min(identity.expires_at, now.timestamp() + TOKEN_KNOWN_SECONDS))
        raise Unauthenticated("The token's issuer is not accepted here.")

    async def _admission_by_own_token(self, token: str, spoken: Unverified, now: datetime) -> Admission:
        try:
            user_id = UUID(spoken.subject)
        except ValueError:
            raise Unauthenticated("The token names no user.") from None
        if _KEY_ID.fullmatch(spoken.key_id) is None:
            raise Unauthenticated("The token's key is unknown.")
        # Looked up by what the token says of itself, believed only once the signature holds.  The rights are the
        # user's of this moment, not those that the token carries: they may have changed since.
        public_jwk, caller = await self._desk.read(None, operations.key_and_caller, spoken.key_id, user_id)
        if public_jwk is None:
            raise Unauthenticated("The token's key is unknown.")
        payload = tokens.verified(
            token,
            keys.public_key(public_jwk),
            keys.ALGORITHM,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            now=now,
        )
        expires_at = tokens.claims_of(payload).exp
        return _admitted(caller, min(expires_at, now.timestamp() + TOKEN_KNOWN_SECONDS))

    async def _admission_by_session(self, digest: bytes, now: datetime) -> Admission:
        found = await self._desk.read(None, operations.caller_of_session, digest, now=now)
        if found is None:
            raise Unauthenticated("The session is over; sign in again.")
        life = timedelta(seconds=self._settings.session_seconds)
        # Not with each request: that would be a write for every read.
        if found.until < (now + life * SESSION_RENEWED_BELOW).timestamp():
            await self._desk.write(None, None, operations.prolong_session, digest, until=now + life)
        return Admission(found.caller, min(found.until, now.timestamp() + PERSONAL_TOKEN_KNOWN_SECONDS))

    def _remember(self, authorization: str, admission: Admission, now: datetime) -> None:
        digest = sha256(authorization.encode()).digest()
        self._known.pop(digest, None)
        if len(self._known) >= KNOWN_MAX:
            # The one learned first: as all live for about as long, it is the nearest to its end.
            del self._known[next(iter(self._known))]
        self._known[digest] = now, datetime.fromtimestamp(admission.until, UTC), admission.caller

    # Signing in --------------------------------------------------------------------------------------------------

    async def sign_in(self, username: str, password: str, *, now: datetime, token_id: UUID) -> tuple[str, int]:
        """A token for the user of this name and password, and how many seconds it lives.

        Raises Unauthenticated, the same and after the same time for an unknown name, a wrong password and a
        disabled user; Throttled after ten failures for the name within 15 minutes; Unavailable when too many wait.
        """
        if self._key is None:
            raise Unavailable("The server is still starting.")
        user = await self._signed_in(username, password, now=now)
        seconds = self._settings.token_seconds
        token = tokens.issue(
            rules.caller_with(user.rights, user),
            self._key,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            token_id=token_id,
            now=now,
            seconds=seconds,
        )
        return token, seconds

    async def open_session(
        self, username: str, password: str, *, now: datetime, session_id: UUID, secret: bytes
    ) -> tuple[str, Caller]:
        """The token of a new session, made of the secret, and who signed in.  Raises as `sign_in` does.

        It ends `session_seconds` after the last request that came with it.
        """
        user = await self._signed_in(username, password, now=now)
        token = tokens.session_token(secret)
        session = Session(
            session_id, user.user_id, created_at=now, expires_at=now + timedelta(seconds=self._settings.session_seconds)
        )
        await self._desk.write(None, None, operations.open_session, session, digest=tokens.digest_of(token))
        return token, rules.caller_with(user.rights, user)

    async def end_session(self, token: str) -> None:
        """Nobody is known by this session any more: in this process at once, elsewhere within 5 seconds."""
        await self._desk.write(None, None, operations.end_session, tokens.digest_of(token))
        self._known.pop(sha256(f"Bearer {token}".encode()).digest(), None)

    async def _signed_in(self, username: str, password: str, *, now: datetime) -> User:
        try:
            settled = rules.settled_username(username)
        except Invalid:
            settled = ""  # nobody's name; judged all the same, so that it takes as long
        self._attempts.require_few(settled, now=now)
        row = await self._desk.read(None, operations.sign_in_row, settled)
        stored = row.password_hash if row is not None and not row.user.disabled else None
        verdict = await self._judged(settled, password, stored, now=now)
        if row is None or stored is None or not verdict.right:
            raise Unauthenticated("Unknown username or password.")
        self._attempts.succeeded(settled)
        if verdict.fresh_hash is not None:
            with suppress(Unavailable):  # the stored hash is still good; the next sign-in tries again
                await self._desk.write(
                    None,
                    None,
                    operations.refresh_password_hash,
                    row.user.user_id,
                    stored=stored,
                    fresh=verdict.fresh_hash.reveal(),
                )
        return row.user

    async def _judged(self, username: str, password: str, stored: Secret | None, *, now: datetime) -> passwords.Verdict:
        if self._sign_ins_waiting >= SIGN_INS_WAITING_MAX:
            raise Unavailable("More sign-ins are waiting than the server can carry.", retry_after_seconds=5)
        self._sign_ins_waiting += 1
        try:
            async with self._hashing:
                # Counted here, when the turn has come: a hundred guesses sent at once cannot all slip through, and
                # a hundred programs that sign in at once with the right password do not shut each other out.
                self._attempts.begin(username, now=now)
                return await asyncio.to_thread(passwords.judged, password, stored, hasher=self._hasher)
        finally:
            self._sign_ins_waiting -= 1


def _token(authorization: str) -> str:
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise Unauthenticated("The header must read: Authorization: Bearer <token>.")
    token = match[1]
    if not token.isascii():
        raise Unauthenticated("The token cannot be read.")
    if len(token) > tokens.TOKEN_BYTES_MAX:
        raise Unauthenticated(f"The token is longer than {tokens.TOKEN_BYTES_MAX // 1024} KiB.")
    return token


def _admitted(caller: Caller | None, until: float) -> Admission:
    if caller is None:
        raise Unauthenticated("The token's user is unknown or disabled.")
    return Admission(caller, until)


# Static tokens ---------------------------------------------------------------------------------------------------


class StaticToken(Struct, frozen=True, forbid_unknown_fields=True):
    """One fixed token from the settings, which also rule its user's rights: they are set anew at every start.

    Without `user` the organization has one user for each role and agent, the same at every start and on every node.
    """

    token: Secret
    organization: str
    role: Role
    user: UUID | None = None
    offices: frozenset[UUID] = frozenset()
    agent: UUID | None = None
    scopes: frozenset[Scope] = frozenset()  # what the token is limited to; empty: to nothing but its role

    @property
    def user_id(self) -> UUID:
        # Not made from the token: user ids are shown, and a weak token could be guessed from one.
        return self.user or uuid5(_STATIC_USERS, f"{self.organization}\n{self.role.value}\n{self.agent or ''}")


def static_tokens(setting: Secret) -> list[StaticToken]:
    """The fixed tokens of the setting.  Raises BadSettings, without quoting any of them."""
    if not setting:
        return []
    try:
        found = msgspec.json.decode(setting.reveal(), type=list[StaticToken], dec_hook=_secret)
    except msgspec.MsgspecError as error:
        raise BadSettings([f"static_tokens: {error}"]) from None
    faults = []
    seen = set()
    rights: dict[UUID, tuple[str, Role, frozenset[UUID], UUID | None]] = {}
    for place, each in enumerate(found):
        token = each.token.reveal()
        if _BEARER.fullmatch(f"Bearer {token}") is None or not token.isascii():
            faults.append(f"static_tokens[{place}].token: must be ASCII letters, digits and signs without blanks")
        elif len(token) > tokens.TOKEN_BYTES_MAX:
            faults.append(f"static_tokens[{place}].token: must be at most {tokens.TOKEN_BYTES_MAX} letters")
        elif token in seen:
            faults.append(f"static_tokens[{place}].token: is there twice")
        seen.add(token)
        try:
            rules.require_useful(each.scopes, each.role)
        except Refused as problem:
            faults.append(f"static_tokens[{place}].scopes: {problem.reason}")
        own = (each.organization, each.role, each.offices, each.agent)
        if rights.setdefault(each.user_id, own) != own:
            faults.append(f"static_tokens[{place}]: gives user {each.user_id} other rights than a token before it")
    if faults:
        raise BadSettings(faults)
    return found


def _secret(kind: type, value: object) -> Secret:
    if kind is not Secret or not isinstance(value, str):
        raise ValueError("a token must be a text")
    return Secret(value)


def _ensure_holder(tx: Transaction, configured: StaticToken, *, organization_id: UUID, now: datetime) -> UUID:
    """The organization and the user of a static token, made when missing."""
    organization = operations.ensure_organization(tx, configured.organization, organization_id=organization_id)
    user = operations.ensure_user(
        tx,
        organization,
        user_id=configured.user_id,
        role=configured.role,
        office_ids=configured.offices,
        agent_id=configured.agent,
        now=now,
    )
    return user.user_id
