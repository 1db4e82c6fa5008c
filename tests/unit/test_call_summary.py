"""What the built-in summariser picks from a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.calltasks.summary.extract import CHARACTERS_MAX, SENTENCES_MAX, Digest, summarise
from askare.calltasks.summary.turns import sentences

SPOKEN = {
    "ru": (
        "Оператор: Компания «Тепло», чем могу помочь?\n"
        "Клиент: Здравствуйте. У нас не греют батареи, пришлите мастера.\n"
        "Оператор: Минуточку. Мастер приедет завтра до 12 часов.\n"
        "Клиент: Спасибо, до свидания.",
        "не греют батареи",
        "завтра до 12",
    ),
    "kk": (
        "Оператор: Қайырлы күн, қалай көмектесе аламын?\n"
        "Клиент: Сәлеметсіз бе. Біздің үйде жылу жоқ, шебер керек.\n"
        "Оператор: Түсінікті. Шебер ертең сағат 12-ге дейін келеді.\n"
        "Клиент: Рахмет, сау болыңыз.",
        "жылу жоқ",
        "ертең сағат 12-ге дейін",
    ),
    "fi": (
        "Asiakaspalvelija: Lämpö Oy, kuinka voin auttaa?\n"
        "Asiakas: Hei. Meillä patterit eivät lämpene, voisitteko lähettää korjaajan?\n"
        "Asiakaspalvelija: Hetkinen. Asentaja tulee huomenna kello 12 mennessä.\n"
        "Asiakas: Kiitos, hei hei.",
        "patterit eivät lämpene",
        "huomenna kello 12",
    ),
    "sv": (
        "Kundtjänst: Värmebolaget, vad kan jag hjälpa dig med?\n"
        "Kund: Hej. Våra element fungerar inte, kan ni skicka någon?\n"
        "Kundtjänst: Ett ögonblick. En tekniker kommer i morgon före klockan 12.\n"
        "Kund: Tack så mycket, hej då.",
        "element fungerar inte",
        "i morgon före klockan 12",
    ),
    "en": (
        "Agent: Warm Homes, how can I help you?\n"
        "Caller: Hello. Our radiators don't work, could you send someone?\n"
        "Agent: One moment. An engineer will come tomorrow before 12.\n"
        "Caller: Thank you, bye.",
        "radiators don't work",
        "tomorrow before 12",
    ),
}
GREETINGS = ("здравствуйте", "спасибо", "сәлеметсіз", "рахмет", "hei", "kiitos", "hej", "tack", "hello", "thank")


@pytest.mark.parametrize("language", SPOKEN)
def test_the_wish_and_the_promise_are_kept_and_greetings_are_not(language: str) -> None:
    text, wish, promise = SPOKEN[language]

    digest = summarise(text)

    assert digest.language == language
    assert wish in (digest.caller or "")
    assert promise in (digest.operator or "")
    words = f"{digest.caller} {digest.operator}".lower().replace(".", " ").split()
    assert not [word for word in words if word in GREETINGS]


@pytest.mark.parametrize("language", SPOKEN)
def test_sides_are_told_apart_without_labels(language: str) -> None:
    text, wish, promise = SPOKEN[language]
    unlabelled = "\n".join(line.partition(": ")[2] for line in text.splitlines())

    digest = summarise(unlabelled)

    assert wish in (digest.caller or "")
    assert promise in (digest.operator or "")


@pytest.mark.parametrize("language", SPOKEN)
def test_sides_are_told_apart_by_labels_that_name_nobody(language: str) -> None:
    text, wish, promise = SPOKEN[language]
    names = iter(("A", "B", "A", "B"))
    neutral = "\n".join(
        f"[00:0{at}] {next(names)}: {line.partition(': ')[2]}" for at, line in enumerate(text.splitlines())
    )

    digest = summarise(neutral)

    assert wish in (digest.caller or "")
    assert promise in (digest.operator or "")


def test_labels_within_one_line_begin_new_turns() -> None:
    digest = summarise(
        "Agent: How can I help? Caller: I want to cancel my order. Agent: It will be refunded on Monday."
    )

    assert digest == Digest("I want to cancel my order.", "It will be refunded on Monday.", "en")


def test_a_message_left_by_one_person_has_no_answering_side() -> None:
    digest = summarise("Hi, it's Ann from flat 5. The door is broken. Please call me back tomorrow. Thanks, bye.")

    assert digest.operator is None
    assert "door is broken" in (digest.caller or "")


def test_an_operator_alone_has_no_caller() -> None:
    digest = summarise("Operator: Hello? Operator: We will call you again tomorrow at ten.")

    assert digest.caller is None
    assert "tomorrow at ten" in (digest.operator or "")


def test_a_wish_counts_however_short_it_is() -> None:
    refund = summarise("Caller: I was charged twice for order 5521. I want a refund.\nAgent: I will refund it today.")
    login = summarise("Agent: Support.\nCaller: I can't log in. It says my account is locked.\nAgent: I unlocked it.")

    assert refund.caller == "I was charged twice for order 5521. I want a refund."
    assert login.caller == "I can't log in. It says my account is locked."


def test_who_calls_to_ask_something_wants_just_that() -> None:
    digest = summarise("Agent: Good morning.\nCaller: Hi, is the flat on Mill Lane still available?\nAgent: It is.")

    assert digest.caller == "Is the flat on Mill Lane still available?"
    assert digest.operator is None


@pytest.mark.parametrize("text", ["", "  \n ", "Алло. Алло?", "Hello? Hello. Bye.", "…", "Caller: Hi.\nAgent: Bye."])
def test_where_nothing_was_said_there_is_no_summary(text: str) -> None:
    digest = summarise(text)

    assert (digest.caller, digest.operator) == (None, None)


def test_known_languages_narrow_the_choice() -> None:
    assert summarise("ja", ("sv",)).language == "sv"
    assert summarise("ja", ("fi",)).language == "fi"
    assert summarise("мне нужен мастер", ("fi",)).language == "ru"  # Finnish is not written so


def test_a_sentence_does_not_end_in_an_abbreviation_or_an_ordinal() -> None:
    from askare.calltasks.summary.cues import CUES, Language

    russian = sentences("Адрес: ул. Абая, д. 5, кв. 12. Жду вас.", CUES[Language.RU], punctuated=True)
    finnish = sentences("Aika on 15. kesäkuuta klo. 10. Tervetuloa.", CUES[Language.FI], punctuated=True)

    assert russian == ["Адрес: ул. Абая, д. 5, кв. 12.", "Жду вас."]
    assert finnish == ["Aika on 15. kesäkuuta klo. 10.", "Tervetuloa."]


turns = st.lists(
    st.tuples(
        st.sampled_from(["Operator: ", "Клиент: ", "S1: ", "", "[00:12] "]),
        st.text(st.characters(codec="utf-8") | st.sampled_from("аеиоу .,?! haluaisin я хочу завтра"), max_size=120),
    ),
    max_size=12,
)


@given(turns)
def test_a_summary_is_short_and_made_of_what_was_said(said: list[tuple[str, str]]) -> None:
    text = "\n".join(label + words for label, words in said)

    digest = summarise(text)

    spoken = {word.strip(".,;…—–-!?").lower() for word in text.split()}
    for summary in (digest.caller, digest.operator):
        assert summary is None or 0 < len(summary) <= CHARACTERS_MAX
        words = [word.strip(".,;…—–-!?").lower() for word in (summary or "").split()]
        assert len([word for word in words if word and word not in spoken]) <= SENTENCES_MAX  # cut words at most


def test_a_call_of_a_thousand_turns_is_summed_up_as_a_short_one() -> None:
    text, wish, promise = SPOKEN["ru"]
    small_talk = "\n".join(f"Клиент: Погода сегодня хорошая {n}.\nОператор: Да, солнечно." for n in range(500))

    digest = summarise(f"{text}\n{small_talk}")

    assert wish in (digest.caller or "")
    assert promise in (digest.operator or "")


@pytest.mark.parametrize(
    ("piece", "times"), [("a", 300_000), ("хочу. ", 2_000), ("ә ", 5_000), ("a: b\n", 2_000), ("\u0301", 50_000)]
)
def test_text_that_nobody_spoke_is_got_through(piece: str, times: int) -> None:
    digest = summarise(piece * times)

    assert all(summary is None or len(summary) <= CHARACTERS_MAX for summary in (digest.caller, digest.operator))
