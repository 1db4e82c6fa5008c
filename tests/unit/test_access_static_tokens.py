"""The setting `static_tokens`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from askare.access.door import static_tokens
from askare.kernel.caller import Role
from askare.settings import BadSettings, Secret
from tests.values import ADMIN_USER, AGENT, OFFICE

TOKEN = "fixed-token-of-the-website"


def written(**changes: Any) -> dict[str, Any]:
    return {"token": TOKEN, "organization": "Kotka Homes", "role": "admin", **changes}


def setting(*entries: dict[str, Any]) -> Secret:
    return Secret(json.dumps(entries))


def test_without_the_setting_there_are_none() -> None:
    assert static_tokens(Secret("")) == []


def test_a_token_says_organization_role_user_offices_and_agent() -> None:
    (token,) = static_tokens(
        setting(written(role="agent", user=str(ADMIN_USER), offices=[str(OFFICE)], agent=str(AGENT)))
    )

    assert (token.organization, token.role) == ("Kotka Homes", Role.AGENT)
    assert (token.user_id, token.offices, token.agent) == (ADMIN_USER, frozenset({OFFICE}), AGENT)


def test_without_a_user_the_token_has_one_that_stays_when_the_token_is_changed() -> None:
    (before,), (after,) = static_tokens(setting(written())), static_tokens(setting(written(token="another-token")))

    assert before.user_id == after.user_id
    assert before.user_id.version == 5


def test_a_token_does_not_show_itself() -> None:
    assert TOKEN not in repr(static_tokens(setting(written())))


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([written(role="root")], r"\[0\].role"),
        ([written(user="anna")], r"\[0\].user"),
        ([written(tokn="typo")], "unknown field `tokn`"),
        ([written(token=7)], r"\[0\].token"),
        ([written(token="")], r"\[0\].token: must be ASCII"),
        ([written(token="two words")], r"\[0\].token: must be ASCII"),
        ([written(token="pääsy-sallittu")], r"\[0\].token: must be ASCII"),
        ([written(token="x" * 8_193)], r"\[0\].token: must be at most 8192"),
        ([written(), written()], r"\[1\].token: is there twice"),
        ([written(scopes=["tasks:see"])], r"\[0\].scopes"),
        ([written(role="agent", scopes=["tasks:read"])], r"\[0\].scopes: A token of the role agent cannot have"),
        (
            [written(user=str(ADMIN_USER)), written(token="other", role="ingest", user=str(ADMIN_USER))],
            r"\[1\]: gives user .* other rights",
        ),
    ],
)
def test_tokens_that_cannot_be_are_refused_by_their_place(entries: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(BadSettings, match=reason):
        static_tokens(setting(*entries))


def test_a_setting_that_is_not_json_is_refused_without_quoting_it() -> None:
    with pytest.raises(BadSettings, match="static_tokens: JSON is malformed") as refusal:
        static_tokens(Secret(TOKEN))

    assert TOKEN not in str(refusal.value)
