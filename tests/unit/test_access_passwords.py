"""Hashing, and how often one may guess."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from askare.access import passwords
from askare.access.attempts import FAILURES_MAX, PERIOD, USERNAMES_MAX, Attempts
from askare.kernel.problems import Invalid, Throttled
from askare.settings import Secret
from tests.values import NOW, SECOND

QUICK = PasswordHasher.from_parameters(CHEAPEST)
STRONGER = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1, hash_len=16)
RIGHT = "correct horse battery"


def stored(password: str = RIGHT) -> Secret:
    return Secret(passwords.hashed(password, hasher=QUICK))


def test_passwords_are_hashed_with_argon2id_in_64_mebibytes() -> None:
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in passwords.hashed(RIGHT)


def test_the_right_password_is_right_and_its_hash_stays() -> None:
    assert passwords.judged(RIGHT, stored(), hasher=QUICK) == passwords.Verdict(True)


def test_a_wrong_password_is_wrong() -> None:
    assert not passwords.judged("incorrect horse", stored(), hasher=QUICK).right


def test_a_right_password_is_hashed_anew_when_the_parameters_have_changed() -> None:
    verdict = passwords.judged(RIGHT, stored(), hasher=STRONGER)

    assert verdict.fresh_hash is not None
    assert passwords.judged(RIGHT, verdict.fresh_hash, hasher=STRONGER) == passwords.Verdict(True)


def test_a_wrong_password_is_never_hashed_into_the_store() -> None:
    assert passwords.judged("incorrect horse", stored(), hasher=STRONGER).fresh_hash is None


def test_for_nobody_a_password_is_hashed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = []
    monkeypatch.setattr(PasswordHasher, "hash", lambda _, password: hashes.append(password))

    verdict = passwords.judged(RIGHT, None, hasher=QUICK)

    assert (verdict.right, len(hashes)) == (False, 1)


def test_a_stored_hash_that_is_none_is_wrong_and_no_error() -> None:
    assert not passwords.judged(RIGHT, Secret("plain"), hasher=QUICK).right


def test_a_password_is_the_same_whichever_way_its_letters_are_composed() -> None:
    assert passwords.judged("ha\u0308meenlinna", stored("h\u00e4meenlinna"), hasher=QUICK).right


def test_a_password_of_broken_letters_is_wrong_and_no_error() -> None:
    assert not passwords.judged("\ud800" * 12, stored(), hasher=QUICK).right


def test_a_short_password_is_not_hashed() -> None:
    with pytest.raises(Invalid, match="at least 10 characters"):
        passwords.hashed("too short")


def test_neither_hash_nor_verdict_shows_itself() -> None:
    assert "argon2" not in repr(passwords.judged(RIGHT, stored(), hasher=STRONGER))


def attempts_after(failures: int) -> Attempts:
    attempts = Attempts()
    for second in range(failures):
        attempts.begin("anna", now=NOW + second * SECOND)
    return attempts


def test_the_tenth_guess_is_allowed() -> None:
    attempts_after(FAILURES_MAX - 1).begin("anna", now=NOW + 60 * SECOND)


def test_the_eleventh_guess_must_wait_for_the_first_to_be_a_quarter_of_an_hour_old() -> None:
    with pytest.raises(Throttled) as throttled:
        attempts_after(FAILURES_MAX).begin("anna", now=NOW + 60 * SECOND)

    assert throttled.value.retry_after_seconds == 14 * 60


def test_after_the_wait_one_guess_is_allowed_again() -> None:
    attempts = attempts_after(FAILURES_MAX)

    attempts.begin("anna", now=NOW + PERIOD)

    with pytest.raises(Throttled):
        attempts.begin("anna", now=NOW + PERIOD)


def test_being_refused_does_not_make_the_wait_longer() -> None:
    attempts = attempts_after(FAILURES_MAX)
    for _ in range(100):
        with pytest.raises(Throttled):
            attempts.begin("anna", now=NOW + 60 * SECOND)

    attempts.begin("anna", now=NOW + PERIOD)


def test_a_success_forgives_the_failures_before_it() -> None:
    attempts = attempts_after(FAILURES_MAX - 1)

    attempts.succeeded("anna")

    for _ in range(FAILURES_MAX):
        attempts.begin("anna", now=NOW)


def test_one_usernames_failures_are_not_anothers() -> None:
    attempts_after(FAILURES_MAX).begin("boris", now=NOW)


def test_at_most_ten_thousand_usernames_are_remembered() -> None:
    attempts = attempts_after(FAILURES_MAX)
    for number in range(USERNAMES_MAX):
        attempts.begin(f"user {number}", now=NOW)

    attempts.begin("anna", now=NOW)  # forgotten, so not throttled
