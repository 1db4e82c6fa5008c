"""Open objects: what is kept of them, and what counts as the same."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from askare.kernel.verbatim import ABSENT, compact, present, same, strings_in, value_of

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values, st.integers(0, 4))
def test_blanks_go_and_everything_else_stays(value: object, indent: int) -> None:
    plain = msgspec.json.encode(value)

    assert bytes(compact(Raw(msgspec.json.format(plain, indent=indent)))) == plain


@pytest.mark.parametrize("text", ['{"a":1.50,"b":1E+2,"c":"\\u00e4\\/ "}', '{"":{"b":[],"a":{}}}', "{}"])
def test_the_spelling_of_letters_and_numbers_stays(text: str) -> None:
    assert bytes(compact(Raw(text.encode()))) == text.encode()


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ('{"a":1}', '{ "a": 1 }', True),
        ('{"a":"\\u00e4"}', '{"a":"ä"}', True),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', False),
        ('{"a":1}', '{"a":1.0}', False),
        ('{"a":1}', '{"a":true}', False),
        ('{"a":null}', "{}", False),
        ("{}", "", False),
        ("", "", True),
    ],
)
def test_what_counts_as_the_same(one: str, other: str, are_same: bool) -> None:
    texts = [Raw(text.encode()) if text else ABSENT for text in (one, other)]

    assert same(texts[0], texts[1]) is same(texts[1], texts[0]) is are_same


def test_a_null_is_absent_and_absence_stays_out_of_a_document() -> None:
    class Held(msgspec.Struct, omit_defaults=True):
        said: Raw = ABSENT

    assert present(Raw(b"null")) is ABSENT
    assert present(Raw(b"{}")) == Raw(b"{}")
    assert value_of(ABSENT) is None
    assert msgspec.json.encode(Held(compact(ABSENT))) == b"{}"


def test_strings_are_found_at_every_depth_and_keys_are_none() -> None:
    assert list(strings_in({"a": ["x", {"b": "y"}, 5, None, True], "c": "z"})) == ["x", "y", "z"]
