"""What free text finds."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.kernel.words import (
    INFIX_LETTERS_MIN,
    WORD_LETTERS_MAX,
    _stems_of_letters,
    finds,
    finds_all,
    fold,
    fold_word,
    stems,
    suffixes,
    written_words,
)

# Letters that change in length, in case or altogether when they are folded.
odd_letters = "𝐀𝒩ℕⓏÅßẞſİıǅΐςﬁŒøﷺ①½Ⅷªﾞͺ゛ﹰ"
anything = st.text(st.characters() | st.sampled_from(odd_letters), max_size=40)
single_words = st.from_regex(r"[A-Za-zÅÄÖåäöÉéЁёЖжЙй0-9]{1,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Hämeenkatu Tampere", "Tampere, Hämeenkatu 1"),
        ("tampere hämeenkatu", "Soita: Hämeenkatu 1, TAMPERE"),
        ("1 hämeenkatu", "Hämeenkatu 1"),
        ("mökki MÖKKI", "mökki"),
    ],
)
def test_every_word_is_found_in_any_order(query: str, text: str) -> None:
    assert finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Hämeenkatu Turku", "Hämeenkatu 1, Tampere"),
        ("soita asiakkaalle", "Soita vuokranantajalle"),
        ("möte imorgon", "möte idag"),
        ("квартира Выборг", "квартира, Хельсинки"),
        ("viewing", ""),
    ],
)
def test_a_text_that_lacks_one_word_is_not_found(query: str, text: str) -> None:
    assert not finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("HÄMEENKATU", "hämeenkatu"),
        ("hameenkatu", "Hämeenkatu"),
        ("Hämeenkatu", "hameenkatu"),
        ("sodergatan", "Södergatan"),
        ("ostersund", "ÖSTERSUND"),
        ("cafe", "Café Esplanad"),
        ("елка", "Ёлка"),
        ("ЁЛКИ", "елки"),
        ("strasse", "Straße"),
        ("lodz", "Łódź"),
        ("kobenhavn", "København"),
        ("fi", "ﬁnska"),
    ],
)
def test_case_and_diacritics_do_not_matter(query: str, text: str) -> None:
    assert finds_all(query, text)


def test_letters_and_their_marks_may_be_written_apart() -> None:
    assert finds_all("Ha\u0308meenkatu", "H\u00e4meenkatu")
    assert finds_all("H\u00e4meenkatu", "Ha\u0308meenkatu")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ker", "kerrostalossa"),
        ("k", "kerrostalossa"),
        ("lägen", "lägenhet"),
        ("prop", "property"),
        ("кварт", "квартира"),
        ("040", "0401234567"),
        ("1", "12 B 7"),
    ],
)
def test_a_word_is_found_by_its_beginning(query: str, text: str) -> None:
    assert finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("talo", "kerrostalossa"),
        ("osake", "asunto-osakeyhtiö"),
        ("yhtiö", "asuntoosakeyhtiön"),
        ("sauna", "rantasaunalla"),
        ("huoneisto", "liikehuoneiston"),
        ("tonttien", "rivitalotontti"),
        ("talossa", "kerrostalo"),
    ],
)
def test_words_are_found_inside_finnish_compounds(query: str, text: str) -> None:
    assert finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("lo", "talo"),  # two letters are looked for at beginnings only
        ("a", "talo"),
        ("tossa", "kerrostalossa"),
        ("talot", "talvi"),
        ("suosta", "talossa"),
    ],
)
def test_what_stands_nowhere_in_a_word_is_not_found_in_it(query: str, text: str) -> None:
    assert not finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        # Finnish
        ("talo", "taloissa"),
        ("talossa", "talon"),
        ("asunto", "asunnossa"),
        ("katu", "kadulla"),
        ("hämeenkatu", "Hämeenkadulla"),
        ("luvan", "lupa"),
        ("talojen", "talossa"),
        ("kokouksen", "kokouksessa"),
        ("naapurin", "naapurit"),
        ("saunassa", "sauna"),
        ("keittiössä", "keittiön"),
        ("remontti", "remontista"),
        ("asunnot", "asunnon"),
        ("vuokralaisen", "vuokralaiset"),
        # Swedish
        ("lägenhet", "lägenheterna"),
        ("lägenheter", "lägenheten"),
        ("möte", "mötet"),
        ("huset", "husen"),
        ("gatorna", "gata"),
        ("kunden", "kunder"),
        # English
        ("meeting", "meetings"),
        ("properties", "property"),
        ("visited", "visiting"),
        ("calls", "called"),
        ("running", "run"),
        # Russian
        ("квартиру", "квартирами"),
        ("встреча", "встречи"),
        ("домов", "дома"),
        ("покупателям", "покупатель"),
        ("новый", "нового"),
    ],
)
def test_one_form_of_a_word_finds_another(query: str, text: str) -> None:
    assert finds_all(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("saunassa", "savu"),
        ("gatan", "garage"),
        ("property", "proposal"),
        ("квартира", "встреча"),
        ("keittiö", "kylpyhuone"),
        ("mötet", "målare"),
    ],
)
def test_another_word_is_not_an_inflected_form(query: str, text: str) -> None:
    assert not finds_all(query, text)


@pytest.mark.parametrize("query", ["", "   ", "!?", "* % _ '", "😀", "—"])
def test_a_query_without_words_finds_everything(query: str) -> None:
    assert finds_all(query, "anything")
    assert finds_all(query, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hämeenkatu 1, 33100 Tampere", ["Hämeenkatu", "1", "33100", "Tampere"]),
        ("as oy/bostads-ab_x", ["as", "oy", "bostads", "ab", "x"]),
        ("100%", ["100"]),
        ('it\'s "so" 😀 OR (not)', ["it", "s", "so", "OR", "not"]),
        ("встреча:12.30", ["встреча", "12", "30"]),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, words: list[str]) -> None:
    assert written_words(text) == words


def test_of_an_endless_word_the_beginning_is_kept() -> None:
    assert written_words("x" * 1_000) == ["x" * WORD_LETTERS_MAX]
    assert finds_all("x" * 1_000, "x" * 2_000)


@pytest.mark.parametrize("letter", odd_letters)
def test_an_odd_letter_folds_once_and_for_all(letter: str) -> None:
    assert fold(fold(letter)) == fold(letter)
    assert all(fold_word(word).isalnum() for word in written_words(letter))


@given(anything)
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_a_folded_word_holds_letters_and_digits_only(text: str) -> None:
    assert all(fold_word(word).isalnum() for word in written_words(text))


@given(single_words)
def test_folding_does_not_depend_on_case(word: str) -> None:
    assert fold(word.upper()) == fold(word.lower()) == fold(word)


@given(single_words, single_words)
def test_words_that_fold_alike_find_and_are_found_alike(query: str, word: str) -> None:
    assert finds(query, word) == finds(fold_word(query), word) == finds(query, fold_word(word))


def test_the_russian_short_i_is_a_letter_of_its_own() -> None:
    assert fold("НОВЫЙ") == "новый"
    assert fold("и\u0306") == "й"
    assert not finds_all("йога", "иога")


@given(anything)
def test_every_text_is_found_by_itself(text: str) -> None:
    assert finds_all(text, text)


@given(single_words, single_words)
def test_a_word_is_found_by_each_of_its_beginnings(beginning: str, rest: str) -> None:
    assert finds(beginning, beginning + rest)


@given(single_words, single_words, single_words)
def test_three_letters_are_found_wherever_they_stand(before: str, inside: str, after: str) -> None:
    if len(fold_word(inside)) >= INFIX_LETTERS_MIN:
        assert finds(inside, before + inside + after)


@given(st.lists(single_words, max_size=5), st.lists(single_words, max_size=8))
def test_the_order_of_words_says_nothing(query: list[str], text: list[str]) -> None:
    shuffled = sorted(query, reverse=True)

    assert finds_all(" ".join(query), " ".join(text)) == finds_all(" ".join(shuffled), " ".join(reversed(text)))


def test_the_ends_of_a_word_are_those_that_a_query_may_begin_with() -> None:
    assert suffixes("talo") == ["talo", "alo"]
    assert suffixes("as") == ["as"]


def test_words_that_several_threads_look_at_have_the_stems_they_have_in_one() -> None:
    dice = random.Random(1)
    written = ["".join(dice.choices("aeiouklmnprst", k=dice.randint(5, 14))) for _ in range(1_000)]
    patience = sys.getswitchinterval()
    _stems_of_letters.cache_clear()
    sys.setswitchinterval(1e-6)  # let every thread be interrupted in the middle of a word
    try:
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(stems, written))
    finally:
        sys.setswitchinterval(patience)
    _stems_of_letters.cache_clear()

    assert together == [stems(word) for word in written]
