"""Organizations, users and tokens, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from uuid import UUID

import pytest

from askare.access import keys, operations, store
from askare.access.keys import SigningKey
from askare.access.model import Identity, Organization, PersonalToken, Rights, User
from askare.kernel.caller import Caller, Role, Scope
from askare.kernel.paging import Window
from askare.kernel.problems import Invalid, NotFound, Refused
from askare.storage.desk import Database
from askare.storage.transactions import Transaction
from tests.values import (
    ADMIN_USER,
    AGENT,
    AGENT_USER,
    DAY,
    HOUR,
    NOW,
    OFFICE,
    ORGANIZATION,
    ORGANIZATION_NAME,
    ORGANIZATION_NO,
    OTHER_AGENT,
    OTHER_OFFICE,
    OTHER_ORGANIZATION,
    OTHER_USER,
    THIRD_OFFICE,
    an_id,
)

HOME = Organization(ORGANIZATION_NO, ORGANIZATION, ORGANIZATION_NAME)
DIGEST = bytes(range(32))


def a_user(
    database: Database,
    role: Role = Role.AGENT,
    *,
    user_id: UUID = AGENT_USER,
    offices: Iterable[UUID] = (),
    agent: UUID | None = None,
    organization: Organization = HOME,
) -> User:
    return database.write(
        lambda tx: operations.ensure_user(
            tx, organization, user_id=user_id, role=role, office_ids=offices, agent_id=agent, now=NOW
        )
    )


def elsewhere(database: Database) -> Organization:
    return database.write(
        lambda tx: operations.ensure_organization(tx, "Turku Homes", organization_id=OTHER_ORGANIZATION)
    )


def a_token(
    database: Database,
    user: User,
    role: Role,
    *,
    offices: Iterable[UUID] = (),
    agent: UUID | None = None,
    digest: bytes = DIGEST,
    number: int = 1,
    now: datetime = NOW,
    expires_at: datetime = NOW + DAY,
    scopes: Iterable[Scope] = (),
) -> PersonalToken:
    return database.write(
        lambda tx: operations.issue_personal_token(
            tx,
            user,
            role=role,
            office_ids=offices,
            agent_id=agent,
            digest=digest,
            token_id=an_id(number),
            now=now,
            expires_at=expires_at,
            scopes=scopes,
        )
    )


def caller_by_token(database: Database, *, digest: bytes = DIGEST, now: datetime = NOW) -> Caller | None:
    found = database.read(lambda tx: operations.caller_of_digest(tx, digest, now=now))
    return None if found is None else found.caller


# Organizations ---------------------------------------------------------------------------------------------------


def test_an_organization_is_made_once_by_its_name(database: Database) -> None:
    first = elsewhere(database)

    again = database.write(lambda tx: operations.ensure_organization(tx, " Turku Homes ", organization_id=an_id(99)))

    assert again == first == Organization(first.organization_no, OTHER_ORGANIZATION, "Turku Homes")


def test_an_organization_asked_for_by_many_at_once_is_made_once(database: Database) -> None:
    at_once = threading.Barrier(4)

    def ensure(number: int) -> Organization:
        at_once.wait()
        return database.write(
            lambda tx: operations.ensure_organization(tx, "Oulu Homes", organization_id=an_id(number))
        )

    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(ensure, range(1, 5)))

    assert len(found) == 1


def test_some_texts_are_no_organization_names(database: Database) -> None:
    for name in ("", "  ", "a\x00b", "x" * 201):
        with pytest.raises(Invalid, match="1 to 200 printable characters"):
            database.write(partial(operations.ensure_organization, name=name, organization_id=an_id(99)))


# Users -----------------------------------------------------------------------------------------------------------


def test_a_user_who_is_missing_is_made(database: Database) -> None:
    user = a_user(database, offices=[OFFICE], agent=AGENT)

    assert user == User(AGENT_USER, HOME, None, Rights(Role.AGENT, frozenset({OFFICE}), AGENT), disabled=False)


def test_a_user_of_other_rights_is_given_these(database: Database) -> None:
    a_user(database, Role.ADMIN)

    user = a_user(database, Role.AGENT, offices=[OFFICE, OTHER_OFFICE], agent=AGENT)

    assert user.rights == Rights(Role.AGENT, frozenset({OFFICE, OTHER_OFFICE}), AGENT)


def test_a_user_asked_for_by_many_at_once_is_made_once(database: Database) -> None:
    at_once = threading.Barrier(4)

    def ensure(_: int) -> UUID:
        at_once.wait()
        return a_user(database, Role.ADMIN).user_id

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(ensure, range(4))) == {AGENT_USER}


def test_a_user_of_another_organization_is_refused(database: Database) -> None:
    a_user(database)

    with pytest.raises(Refused, match="belongs to another organization"):
        a_user(database, organization=elsewhere(database))


def add(tx: Transaction, username: str, organization: Organization = HOME, user_id: UUID = OTHER_USER) -> User:
    return operations.add_user(
        tx, organization, username, "a hash", Role.OPERATOR, user_id=user_id, now=NOW, agent_id=AGENT
    )


def test_a_user_with_a_password_is_found_by_the_username_in_any_capitals(database: Database) -> None:
    user = database.write(lambda tx: add(tx, "Anna@Example.fi"))

    row = database.read(lambda tx: operations.sign_in_row(tx, "anna@example.fi"))

    assert row is not None
    assert (row.user, row.password_hash.reveal()) == (user, "a hash")


def test_a_sign_in_row_does_not_show_the_hash(database: Database) -> None:
    database.write(lambda tx: add(tx, "anna"))

    assert "a hash" not in repr(database.read(lambda tx: operations.sign_in_row(tx, "anna")))


def test_a_username_that_is_taken_in_another_organization_is_taken(database: Database) -> None:
    database.write(lambda tx: add(tx, "anna", elsewhere_of(tx), an_id(5)))

    with pytest.raises(Refused, match="The username anna is taken"):
        database.write(lambda tx: add(tx, "ANNA"))


def elsewhere_of(tx: Transaction) -> Organization:
    return operations.ensure_organization(tx, "Turku Homes", organization_id=OTHER_ORGANIZATION)


def test_an_empty_username_is_refused(database: Database) -> None:
    with pytest.raises(Invalid, match="printable characters"):
        database.write(lambda tx: add(tx, " "))


def test_a_new_password_takes_the_place_of_the_old_one(database: Database) -> None:
    database.write(lambda tx: add(tx, "anna"))

    database.write(lambda tx: operations.set_password(tx, OTHER_USER, "another hash"))

    row = database.read(lambda tx: operations.sign_in_row(tx, "anna"))
    assert row is not None
    assert row.password_hash.reveal() == "another hash"


def test_a_fresh_hash_does_not_bring_a_changed_password_back(database: Database) -> None:
    database.write(lambda tx: add(tx, "anna"))
    before = database.read(lambda tx: operations.sign_in_row(tx, "anna"))
    assert before is not None

    database.write(lambda tx: operations.set_password(tx, OTHER_USER, "another hash"))
    database.write(
        lambda tx: operations.refresh_password_hash(tx, OTHER_USER, stored=before.password_hash, fresh="fresh")
    )

    row = database.read(lambda tx: operations.sign_in_row(tx, "anna"))
    assert row is not None
    assert row.password_hash.reveal() == "another hash"


def test_changes_to_nobody_are_not_found(database: Database) -> None:
    for change in (
        partial(operations.disable_user, user_id=an_id(404)),
        partial(operations.enable_user, user_id=an_id(404)),
        partial(operations.set_password, user_id=an_id(404), password_hash="a hash"),
        partial(operations.change_rights, user_id=an_id(404), role=Role.ADMIN, office_ids=(), agent_id=None),
    ):
        with pytest.raises(NotFound):
            database.write(change)


def test_a_user_is_a_caller_with_all_rights_of_theirs(database: Database) -> None:
    a_user(database, offices=[OFFICE], agent=AGENT)

    caller = database.read(lambda tx: operations.caller_of_user(tx, AGENT_USER))

    assert caller == Caller(ORGANIZATION_NO, ORGANIZATION, AGENT_USER, Role.AGENT, frozenset({OFFICE}), AGENT)


def test_a_disabled_user_is_nobody_until_enabled_again(database: Database) -> None:
    a_user(database)

    database.write(lambda tx: operations.disable_user(tx, AGENT_USER))
    while_disabled = database.read(lambda tx: operations.caller_of_user(tx, AGENT_USER))
    database.write(lambda tx: operations.enable_user(tx, AGENT_USER))

    assert while_disabled is None
    assert database.read(lambda tx: operations.caller_of_user(tx, AGENT_USER)) is not None


# Personal access tokens ------------------------------------------------------------------------------------------


def test_a_personal_token_opens_for_its_user_until_it_expires(database: Database) -> None:
    a_token(database, a_user(database, Role.ADMIN), Role.ADMIN, expires_at=NOW + HOUR)

    found = database.read(lambda tx: operations.caller_of_digest(tx, DIGEST, now=NOW))

    assert found is not None
    assert found.caller == Caller(ORGANIZATION_NO, ORGANIZATION, AGENT_USER, Role.ADMIN)
    assert found.until == (NOW + HOUR).timestamp()
    assert caller_by_token(database, now=NOW + HOUR) is None


def test_an_unknown_digest_opens_nothing(database: Database) -> None:
    assert caller_by_token(database, digest=bytes(32)) is None


def test_a_token_may_have_fewer_rights_than_its_user(database: Database) -> None:
    a_token(database, a_user(database, Role.ADMIN), Role.AGENT, offices=[OFFICE], agent=AGENT)

    caller = caller_by_token(database)

    assert caller is not None
    assert (caller.role, caller.office_ids, caller.agent_id) == (Role.AGENT, frozenset({OFFICE}), AGENT)


@pytest.mark.parametrize(
    ("role", "offices", "agent"),
    [
        (Role.ADMIN, [], None),
        (Role.SUPERVISOR, [], None),
        (Role.AGENT, [OFFICE, THIRD_OFFICE], None),
        (Role.AGENT, [OFFICE], OTHER_AGENT),
    ],
)
def test_a_token_with_more_rights_than_its_user_is_refused(
    database: Database, role: Role, offices: list[UUID], agent: UUID | None
) -> None:
    user = a_user(database, offices=[OFFICE, OTHER_OFFICE], agent=AGENT)

    with pytest.raises(Refused, match="more rights than its user"):
        a_token(database, user, role, offices=offices, agent=agent)


def test_a_token_that_is_limited_to_scopes_makes_a_caller_who_is(database: Database) -> None:
    scopes = frozenset({Scope.TASKS_READ, Scope.TASKS_WRITE})
    kept = a_token(database, a_user(database, Role.OPERATOR), Role.OPERATOR, scopes=scopes)

    caller = caller_by_token(database)

    assert caller is not None
    assert (caller.role, caller.scopes) == (Role.OPERATOR, scopes)
    assert database.read(lambda tx: operations.list_tokens(tx, HOME)).items == [kept]


def test_a_token_with_a_scope_that_its_role_has_nothing_to_do_with_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="ingest cannot have the scope tasks:read"):
        a_token(database, a_user(database, Role.ADMIN), Role.INGEST, scopes={Scope.TASKS_READ})


def test_an_agents_token_never_sees_more_offices_than_the_user_does_now(database: Database) -> None:
    user = a_user(database, offices=[OFFICE, OTHER_OFFICE], agent=AGENT)
    a_token(database, user, Role.AGENT, offices=[OFFICE, OTHER_OFFICE], agent=AGENT)

    a_user(database, offices=[OTHER_OFFICE, THIRD_OFFICE], agent=AGENT)

    caller = caller_by_token(database)
    assert caller is not None
    assert caller.office_ids == frozenset({OTHER_OFFICE})


def test_a_token_whose_user_has_lost_all_that_it_could_do_opens_nothing(database: Database) -> None:
    a_token(database, a_user(database, Role.SUPERVISOR), Role.SUPERVISOR)

    a_user(database, Role.AGENT, offices=[OFFICE])

    assert caller_by_token(database) is None


def test_a_token_of_a_disabled_user_opens_nothing(database: Database) -> None:
    a_token(database, a_user(database), Role.INGEST)

    database.write(lambda tx: operations.disable_user(tx, AGENT_USER))

    assert caller_by_token(database) is None


def test_a_token_that_would_be_expired_from_the_start_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="expired from the start"):
        a_token(database, a_user(database), Role.INGEST, expires_at=NOW)


def test_a_revoked_token_opens_nothing_and_keeps_the_time_of_its_first_revocation(database: Database) -> None:
    token = a_token(database, a_user(database), Role.INGEST)

    for at in (NOW + HOUR, NOW + 2 * HOUR):
        database.write(partial(operations.revoke_token, organization=HOME, token_id=token.token_id, now=at))

    assert caller_by_token(database) is None
    (listed,) = database.read(lambda tx: operations.list_tokens(tx, HOME)).items
    assert listed.revoked_at == NOW + HOUR


def test_a_token_of_another_organization_cannot_be_revoked(database: Database) -> None:
    token = a_token(database, a_user(database), Role.INGEST)
    other = elsewhere(database)

    with pytest.raises(NotFound):
        database.write(lambda tx: operations.revoke_token(tx, other, token.token_id, now=NOW))

    assert caller_by_token(database) is not None


def test_an_organizations_tokens_are_listed_the_newest_first_and_through_a_window(database: Database) -> None:
    user = a_user(database)
    stranger = a_user(database, user_id=ADMIN_USER, organization=elsewhere(database))
    for number in range(1, 4):
        a_token(database, user, Role.INGEST, digest=bytes([number]), number=number, now=NOW + number * HOUR)
    a_token(database, stranger, Role.INGEST, digest=bytes([9]), number=9)

    page = database.read(lambda tx: operations.list_tokens(tx, HOME, window=Window(0, 2)))

    assert ([token.token_id for token in page.items], page.total) == ([an_id(3), an_id(2)], 3)
    assert page.items[0].expires_at == NOW + DAY


# Outside issuers -------------------------------------------------------------------------------------------------


def identity(organization: str, user_id: UUID = OTHER_USER) -> Identity:
    return Identity(organization, user_id, Rights(Role.AGENT, frozenset({OFFICE}), AGENT), NOW.timestamp() + 60)


def from_outside(database: Database, organization: str, user_id: UUID = OTHER_USER) -> Caller | None:
    return database.read(lambda tx: operations.caller_from_outside(tx, identity(organization, user_id)))


def test_an_outside_issuer_names_an_organization_by_name_or_id(database: Database) -> None:
    for organization in (ORGANIZATION_NAME, str(ORGANIZATION), str(ORGANIZATION).upper()):
        assert from_outside(database, organization) == Caller(
            ORGANIZATION_NO, ORGANIZATION, OTHER_USER, Role.AGENT, frozenset({OFFICE}), AGENT
        )


def test_an_outside_issuer_cannot_name_an_organization_that_is_not_there(database: Database) -> None:
    for organization in ("Turku Homes", str(OTHER_ORGANIZATION), "kotka homes", "a\x00b", "{}"):
        assert from_outside(database, organization) is None


def test_an_outside_issuer_cannot_bring_back_a_user_who_is_disabled_here(database: Database) -> None:
    a_user(database)
    database.write(lambda tx: operations.disable_user(tx, AGENT_USER))

    assert from_outside(database, ORGANIZATION_NAME, AGENT_USER) is None


def test_an_outside_issuer_cannot_move_a_user_to_another_organization(database: Database) -> None:
    a_user(database)
    elsewhere(database)

    assert from_outside(database, "Turku Homes", AGENT_USER) is None


# Keys ------------------------------------------------------------------------------------------------------------


def a_key() -> SigningKey:
    return SigningKey.generate()


def test_the_public_keys_of_all_nodes_make_one_document(database: Database) -> None:
    nodes = [a_key(), a_key()]
    for node in [*nodes, nodes[0]]:
        database.write(partial(keys.publish, key=node, now=NOW))

    document = database.read(keys.jwks)

    assert sorted(document["keys"], key=lambda jwk: jwk["kid"]) == sorted(
        (node.public_jwk for node in nodes), key=lambda jwk: jwk["kid"]
    )


def test_a_withdrawn_key_is_published_no_more(database: Database) -> None:
    key = a_key()
    database.write(lambda tx: keys.publish(tx, key, now=NOW))

    assert database.write(lambda tx: keys.withdraw(tx, key.key_id))
    assert database.read(keys.jwks) == {"keys": []}
    assert database.read(lambda tx: store.public_key(tx, key.key_id)) is None
