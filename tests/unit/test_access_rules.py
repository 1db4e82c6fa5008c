"""Roles, what a token may hand on, usernames and passwords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.access.model import Organization, Rights, User
from askare.access.rules import (
    caller_with,
    narrowed,
    require_good_password,
    require_useful,
    require_within,
    settled_username,
    sight,
    strongest,
)
from askare.kernel.caller import Role, Scope
from askare.kernel.problems import Forbidden, Invalid, Refused
from tests.values import (
    ADMIN_USER,
    AGENT,
    OFFICE,
    ORGANIZATION,
    ORGANIZATION_NO,
    OTHER_AGENT,
    OTHER_OFFICE,
    THIRD_OFFICE,
)

OFFICES = (OFFICE, OTHER_OFFICE, THIRD_OFFICE)

rights = st.builds(
    Rights,
    st.sampled_from(Role),
    st.frozensets(st.sampled_from(OFFICES)),
    st.sampled_from([None, AGENT, OTHER_AGENT]),
)


def a_user(its_rights: Rights) -> User:
    organization = Organization(ORGANIZATION_NO, ORGANIZATION, "Kotka Homes")
    return User(ADMIN_USER, organization, "anna", its_rights, disabled=False)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR])
def test_admins_and_supervisors_see_every_office(role: Role) -> None:
    assert caller_with(Rights(role), a_user(Rights(role))).sees_office(OFFICE)


def test_an_agent_sees_the_own_offices_only() -> None:
    agent = Rights(Role.AGENT, frozenset({OFFICE}), AGENT)

    caller = caller_with(agent, a_user(agent))

    assert (caller.sees_office(OFFICE), caller.sees_office(OTHER_OFFICE)) == (True, False)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INGEST])
def test_operators_and_ingest_see_no_office_even_when_some_are_written_down(role: Role) -> None:
    assert sight(Rights(role, frozenset({OFFICE}))) == frozenset()


def test_an_admin_may_give_a_token_any_role_and_agent() -> None:
    require_within(Rights(Role.AGENT, frozenset({OFFICE}), AGENT), Rights(Role.ADMIN))


def test_everyone_may_give_a_token_that_only_hands_calls_in() -> None:
    for role in Role:
        require_within(Rights(Role.INGEST), Rights(role))


@pytest.mark.parametrize(
    ("user", "wanted", "reason"),
    [
        (Rights(Role.AGENT, frozenset({OFFICE})), Rights(Role.ADMIN), "cannot give admin"),
        (Rights(Role.OPERATOR), Rights(Role.SUPERVISOR), "cannot give supervisor"),
        (Rights(Role.AGENT, frozenset({OFFICE})), Rights(Role.AGENT, frozenset({OFFICE, OTHER_OFFICE})), "offices"),
        (Rights(Role.AGENT, frozenset(), AGENT), Rights(Role.AGENT, frozenset(), OTHER_AGENT), "this agent"),
    ],
)
def test_a_token_cannot_be_given_more_rights_than_the_user_has(user: Rights, wanted: Rights, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        require_within(wanted, user)

    assert reason in refusal.value.faults[0].message


@given(token=rights, user=rights)
def test_what_is_left_of_a_token_is_never_more_than_the_user_has_now(token: Rights, user: Rights) -> None:
    left = narrowed(token, user)

    if left is not None:
        require_within(left, user)


@given(token=rights, user=rights)
def test_what_is_left_of_a_token_is_never_more_than_it_had(token: Rights, user: Rights) -> None:
    left = narrowed(token, user)

    if left is not None:
        mine, its = sight(left), sight(token)
        assert its is None or (mine is not None and mine <= its)


def test_an_admins_token_becomes_an_agents_when_the_admin_does() -> None:
    agent = Rights(Role.AGENT, frozenset({OFFICE}), AGENT)

    left = narrowed(Rights(Role.ADMIN), agent)

    assert left == Rights(Role.AGENT, frozenset({OFFICE}))


def test_nothing_is_left_of_a_supervisors_token_when_the_user_becomes_an_agent() -> None:
    assert narrowed(Rights(Role.SUPERVISOR), Rights(Role.AGENT, frozenset({OFFICE}))) is None


# Scopes ----------------------------------------------------------------------------------------------------------


def test_a_token_without_scopes_may_whatever_its_role_may() -> None:
    caller = caller_with(Rights(Role.OPERATOR), a_user(Rights(Role.OPERATOR)))

    caller.require_scope(Scope.TASKS_WRITE)
    caller.require_scope()


def test_a_limited_token_may_what_one_of_its_scopes_is_for() -> None:
    reader = caller_with(Rights(Role.ADMIN), a_user(Rights(Role.ADMIN)), scopes=frozenset({Scope.TASKS_READ}))

    reader.require_scope(Scope.TASKS_READ)
    reader.require_scope(Scope.TASKS_READ, Scope.TASKS_WRITE)
    with pytest.raises(Forbidden, match=r"^The token is limited to tasks:read; this needs tasks:write\.$"):
        reader.require_scope(Scope.TASKS_WRITE)
    with pytest.raises(Forbidden, match=r"this needs tasks:ingest or tasks:write\.$"):
        reader.require_scope(Scope.TASKS_INGEST, Scope.TASKS_WRITE)


def test_a_limited_token_opens_nothing_that_has_no_scope() -> None:
    both = frozenset({Scope.TASKS_WRITE, Scope.TASKS_READ})
    caller = caller_with(Rights(Role.ADMIN), a_user(Rights(Role.ADMIN)), scopes=both)

    with pytest.raises(
        Forbidden, match=r"^The token is limited to tasks:read tasks:write, which opens nothing here\.$"
    ):
        caller.require_scope()


@pytest.mark.parametrize(
    ("role", "useful"),
    [
        (Role.ADMIN, set(Scope)),
        (Role.SUPERVISOR, set(Scope)),
        (Role.OPERATOR, set(Scope)),
        (Role.INGEST, {Scope.TASKS_INGEST}),
        (Role.AGENT, set()),
    ],
)
def test_a_token_is_not_limited_to_what_its_role_cannot_do_anyway(role: Role, useful: set[Scope]) -> None:
    require_useful(frozenset(useful), role)
    for scope in set(Scope) - useful:
        with pytest.raises(Refused, match=f"A token of the role {role.value} cannot have the scope {scope.value}"):
            require_useful(frozenset({scope}), role)


def test_the_strongest_known_role_of_a_list_counts() -> None:
    assert strongest(["offline_access", "operator", "supervisor"]) is Role.SUPERVISOR


def test_a_list_of_unknown_roles_is_no_role() -> None:
    assert strongest(["ADMIN", "root"]) is None


@pytest.mark.parametrize("text", ["anna.aalto@example.fi", "  Anna.Aalto@Example.FI ", "ANNA.AALTO@EXAMPLE.FI"])
def test_a_username_is_the_same_in_capitals_and_with_blanks_around_it(text: str) -> None:
    assert settled_username(text) == "anna.aalto@example.fi"


def test_a_username_is_the_same_whichever_way_its_letters_are_composed() -> None:
    assert settled_username("pa\u0308ivi") == settled_username("P\u00c4IVI")


@pytest.mark.parametrize("text", ["", "   ", "an\x00na", "an\nna", "\ud800", "a" * 201])
def test_some_texts_are_no_usernames(text: str) -> None:
    with pytest.raises(Invalid, match="1 to 200 printable characters"):
        settled_username(text)


def test_a_password_of_ten_characters_is_long_enough() -> None:
    require_good_password("ä" * 10)


def test_a_password_of_nine_characters_is_refused_with_the_rule() -> None:
    with pytest.raises(Invalid, match="at least 10 characters"):
        require_good_password("a" * 9)


def test_a_password_longer_than_a_thousand_characters_is_refused() -> None:
    with pytest.raises(Invalid, match="at most 1000 characters"):
        require_good_password("a" * 1_001)
