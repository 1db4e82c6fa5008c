"""The demo organization's calls: 300 tasks of eight operators, in four languages and in every state.

Made from the world's seed and day.  Ten have a recording, made by a program: tones and silence, as two people who take
turns.  One has failed with each error code.

The six newest wait for the pipeline: a server that finds nobody at their exchange would soon be done with them, so
they are told to wait for hours, and are put back each time that a server with demo data starts.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from msgspec import Struct

from askare.appeals import operations as appeals
from askare.appeals.model import AppealContent
from askare.calltasks import operations, store
from askare.calltasks.jobs import RECORDING_FILE, folder_of
from askare.calltasks.model import CallContent, ErrorCode, Office, Priority, Stage, Status
from askare.calltasks.summary.extract import summarise
from askare.demo.service_tasks import ZONE
from askare.demo.world import World
from askare.directory import operations as directory
from askare.directory import store as directory_store
from askare.directory.model import Kind, OperatorContent
from askare.jobs import outbox
from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.storage import history
from askare.storage.transactions import Transaction, on_behalf_of

CALLS = 300
RECORDED = 10
WAITS_FOR = timedelta(hours=2)
# The newest calls: at which stage each waits, and after what trouble; without any, nobody has come to it yet.
WAITING: tuple[tuple[Stage, ErrorCode | None], ...] = (
    (Stage.FETCH, ErrorCode.RECORDING_UNREACHABLE),
    (Stage.TRANSCRIBE, ErrorCode.PROVIDER_RATE_LIMITED),
    (Stage.TRANSCRIBE, ErrorCode.PROVIDER_UNAVAILABLE),
    (Stage.FETCH, None),
    (Stage.DECODE, None),
    (Stage.TRANSCRIBE, None),
)
DAYS_BACK = 21
_FACT = "demo calls"

OFFICE = Office(transcribes=True, region="KZ", time_zone=ZONE, language="ru")

# name, code, extension, language
OPERATORS = (
    ("Айгерим Садыкова", "call-01", "701", "kk"),
    ("Динара Оспанова", "call-02", "702", "kk"),
    ("Ольга Беляева", "call-03", "703", "ru"),
    ("Сергей Кузнецов", "call-04", "704", "ru"),
    ("Наталья Ким", "call-05", "705", "ru"),
    ("Sanna Lehtonen", "call-06", "706", "fi"),
    ("Mikko Rantala", "call-07", "707", "fi"),
    ("Emma Clarke", "call-08", "708", "en"),
)


class _Occasion(Struct, frozen=True):
    """Why somebody calls: title, type of the task, conversation.  `{place}` and `{when}` are filled in."""

    title: str
    task_type: str
    conversation: str


_RU = (
    _Occasion(
        "Нет холодной воды, {place}",
        "complaint",
        "Оператор: Диспетчерская, добрый день.\nКлиент: Здравствуйте. У нас с утра нет холодной воды, адрес {place}."
        "\nОператор: Поняла вас. Бригада приедет {when}.\nКлиент: Хорошо, буду ждать.",
    ),
    _Occasion(
        "Перезвонить по счёту за тепло, {place}",
        "callback",
        "Оператор: Расчётный центр, слушаю.\nКлиент: Пришёл двойной счёт за отопление, прошу пересчитать. {place}."
        "\nОператор: Заявку оформил, бухгалтер перезвонит {when}.",
    ),
    _Occasion(
        "Обращение: не работает лифт, {place}",
        "appeal",
        "Оператор: Слушаю вас.\nКлиент: Третий день не работает лифт, {place}, второй подъезд. Хочу оставить обращение."
        "\nОператор: Обращение зарегистрирую. Мастер будет {when}.",
    ),
)
_KK = (
    _Occasion(
        "Жылу жоқ, {place}",
        "complaint",
        "Оператор: Диспетчерлік қызмет, тыңдап тұрмын.\nКлиент: Сәлеметсіз бе, үйде жылу жоқ, мекенжайым {place}."
        "\nОператор: Өтінішіңізді тіркедім, шебер {when} келеді.",
    ),
    _Occasion(
        "Қайта қоңырау шалу: есептегіш, {place}",
        "callback",
        "Оператор: Қайырлы күн.\nКлиент: Су есептегішін ауыстыру керек, {place}."
        "\nОператор: Маман сізге {when} хабарласады.",
    ),
)
_FI = (
    _Occasion(
        "Soittopyyntö: lämmitys ei toimi, {place}",
        "callback",
        "Operaattori: Huoltopäivystys, hyvää päivää.\nAsiakas: Hei, patterit ovat kylmät, osoite on {place}."
        "\nOperaattori: Kirjasin vikailmoituksen, huoltomies tulee {when}.",
    ),
    _Occasion(
        "Lasku väärin, {place}",
        "complaint",
        "Operaattori: Asiakaspalvelu.\nAsiakas: Sain saman laskun kahdesti, haluaisin hyvityksen. Osoite on {place}."
        "\nOperaattori: Tarkistamme laskun ja soitamme teille {when}.",
    ),
)
_EN = (
    _Occasion(
        "Call back about a broken gate, {place}",
        "callback",
        "Agent: Maintenance desk, how can I help?\nCaller: The car park gate at {place} does not open."
        "\nAgent: I have logged it, a technician will come {when}.",
    ),
    _Occasion(
        "Information on moving in, {place}",
        "information",
        "Agent: Good morning.\nCaller: I am moving to {place} and need two more keys."
        "\nAgent: We will have them ready {when}.",
    ),
)
_BOOKS: dict[str, tuple[tuple[_Occasion, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "ru": (
        _RU,
        ("Абая, 10", "Достык, 45", "Сатпаева, 112", "Жандосова, 7"),
        ("сегодня до шести вечера", "завтра с девяти до двенадцати", "в пятницу утром"),
        ("Айгуль Сериккызы", "Пётр Ёлкин", "Марина Цой", "Руслан Ахметов"),
    ),
    "kk": (
        _KK,
        ("Абай даңғылы, 10", "Төле би, 88", "Гоголь, 21"),
        ("бүгін сағат алтыға дейін", "ертең таңертең", "жұмада"),
        ("Ерлан Мұратұлы", "Гүлнар Әбенова", "Бауыржан Сейітов"),
    ),
    "fi": (
        _FI,
        ("Hämeenkatu 12", "Satakunnankatu 5 B", "Pirkankatu 30"),
        ("huomenna ennen kello kymmentä", "perjantaina aamupäivällä", "tänään iltapäivällä"),
        ("Päivi Mäkelä", "Jorma Nieminen", "Åsa Lindqvist"),
    ),
    "en": (
        _EN,
        ("12 Harbour Road", "4 Mill Lane", "88 King Street"),
        ("tomorrow before noon", "on Friday morning", "within two hours"),
        ("Oliver Wright", "Priya Nair", "Grace Hall"),
    ),
}


def operator_id(world: World, number: int) -> UUID:
    """The id of one of the eight, the same every time."""
    return UUID(int=Random(f"{world.seed} call operator {number}").getrandbits(128), version=4)


def put_operators(tx: Transaction, world: World) -> None:
    """Have the eight in the directory."""
    opened = datetime.combine(world.today - timedelta(days=DAYS_BACK + 30), time(8), UTC)
    for at, (name, code, extension, language) in enumerate(OPERATORS):
        user_id = operator_id(world, at)
        known = directory_store.find(tx, Kind.OPERATOR, user_id) is not None
        if not known and not history.is_tombstone(tx, Kind.OPERATOR.value, user_id):
            content = OperatorContent(code=code, extension=extension, name=name, language=language)
            directory.put_entry(tx, Kind.OPERATOR, user_id, content, now=opened)


def create_calls(tx: Transaction, world: World, calls: Sequence[int] | None = None) -> None:
    """Have the calls, all of them or none: they are made in one transaction, and a fact says that they were."""
    made = tx.run(
        "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING",
        name=_FACT,
        value=f'"{world.today}"',
    )
    if not made:
        return
    put_operators(tx, world)
    exchange = Caller(tx.organization_no, tx.caller.organization_id, HOUSE_USER, Role.INGEST)
    scoped = on_behalf_of(tx, exchange)
    start = datetime.combine(world.today - timedelta(days=DAYS_BACK), time(3), UTC)
    for at in calls if calls is not None else range(CALLS):
        _create_call(scoped, world, at, created=start + timedelta(days=DAYS_BACK) * (at / CALLS))


def _create_call(tx: Transaction, world: World, at: int, *, created: datetime) -> None:
    dice = Random(f"{world.seed} call {at}")
    operator = at % len(OPERATORS)
    language = OPERATORS[operator][3]
    occasions, places, moments, callers = _BOOKS[language]
    occasion, place, moment = dice.choice(occasions), dice.choice(places), dice.choice(moments)
    created = created.replace(microsecond=0)
    codes = list(ErrorCode)
    is_failed = at < len(codes)
    is_recorded = len(codes) <= at < len(codes) + RECORDED
    is_waiting = at >= CALLS - len(WAITING)
    has_recording = is_failed or is_recorded or dice.random() < 0.4 or is_waiting
    prefix = "+358401" if language == "fi" else "+7701"
    content = CallContent(
        task_type=occasion.task_type,
        priority=dice.choice((Priority.LOW, Priority.MEDIUM, Priority.MEDIUM, Priority.HIGH, Priority.URGENT)),
        title=occasion.title.format(place=place),
        caller_phone=f"{prefix}{dice.randrange(10**6, 10**7)}"[:12],
        caller_name=dice.choice(callers),
        call_id=_call_id(at),
        recording_url=f"https://pbx.demo.example/rec/{at}.wav" if has_recording else None,
        call_datetime=created - timedelta(minutes=dice.randint(1, 9)),
        due_date=created + timedelta(hours=dice.choice((4, 24, 72, 120))) if dice.random() < 0.7 else None,
    )
    number = operations.create_call(tx, content, operator=OPERATORS[operator][1], office=OFFICE, now=created)
    later = created + timedelta(seconds=30)
    if is_waiting:
        pass  # until the next start
    elif is_failed:
        _fail(tx, number, codes[at], created=created)
    elif has_recording and not is_recorded and dice.random() < 0.1:
        operations.skip(tx, number, office=OFFICE, now=later)
    elif has_recording:
        if is_recorded:
            operations.save_fetched(tx, number, now=later)
        _understand(tx, number, occasion.conversation.format(place=place, when=moment), language, now=later)
    _withdraw(tx, number)
    status = Status.PENDING if is_waiting else dice.choices(list(Status), (5, 2, 6, 1))[0]
    operations.update_status(tx, number, status, office=OFFICE, now=later + timedelta(minutes=dice.randint(2, 300)))
    if occasion.task_type == "appeal" and dice.random() < 0.5:
        appeal = AppealContent(
            subject=content.title, caller_phone=content.caller_phone, caller_name=content.caller_name
        )
        appeal_no = appeals.create_appeal(tx, appeal, created_by=None, phone=content.caller_phone, now=later)
        operations.link_appeal(tx, number, appeal_no, office=OFFICE, now=later)


def _call_id(at: int) -> str:
    """The exchange's name for a call."""
    return f"{1_700_000_000 + at}.{at}"


def _withdraw(tx: Transaction, number: int) -> None:
    for kind in operations.STAGE_KINDS.values():
        outbox.withdraw(tx, kind, str(number))


def have_some_wait(tx: Transaction, *, now: datetime) -> None:
    """Have the newest calls wait for the pipeline, if they do not; a call that somebody has cancelled is left alone.

    The pipeline takes them up some hours later and fails for want of their exchange, which is what it would do.
    """
    exchange = Caller(tx.organization_no, tx.caller.organization_id, HOUSE_USER, Role.INGEST)
    scoped = on_behalf_of(tx, exchange)
    for at, (stage, code) in enumerate(WAITING, start=CALLS - len(WAITING)):
        for number in store.of_call(tx, _call_id(at)):
            stored = store.find(tx, number)
            if stored is None or stored.task.status is Status.CANCELLED:
                continue
            _withdraw(scoped, number)
            is_begun = code is None and stage is not Stage.FETCH
            operations.have_wait(scoped, number, stage, is_begun=is_begun, until=now + WAITS_FOR, now=now)
            if code is not None:
                operations.fail(
                    scoped, number, code, detail="", retry_after_seconds=3_600, dice=0.5, office=OFFICE, now=now
                )


def _fail(tx: Transaction, number: int, code: ErrorCode, *, created: datetime) -> None:
    """A stage that was tried as often as it is worth."""
    now = created
    while now is not None:
        again = operations.fail(tx, number, code, detail="", retry_after_seconds=None, dice=0.5, office=OFFICE, now=now)
        if again is None:
            return
        now = again


def _understand(tx: Transaction, number: int, conversation: str, language: str, *, now: datetime) -> None:
    """What the pipeline would have made of the recording."""
    digest = summarise(conversation, (language,))
    operations.save_decoded(tx, number, seconds=20 + len(conversation) / 12, now=now)
    operations.save_transcription(tx, number, conversation, language=language, source="provider:demo", now=now)
    operations.save_summaries(tx, number, digest.caller, digest.operator, language=language, source="builtin", now=now)


def recorded_calls(tx: Transaction) -> list[int]:
    """The ten calls of which there is a recording."""
    codes = len(ErrorCode)
    rows = tx.rows(
        "SELECT task_no FROM call_tasks WHERE organization_no = :organization ORDER BY task_no LIMIT :last",
        organization=tx.organization_no,
        last=codes + RECORDED,
    )
    return [number for (number,) in rows][codes:]


def write_recordings(root: Path, organization_no: int, numbers: Sequence[int]) -> None:
    """Make the ten recordings that are not there yet: two voices of tones, taking turns."""
    for number in numbers:
        file = folder_of(root, organization_no, number) / RECORDING_FILE
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_recording(file, seed=number)


RATE = 8_000


def _write_recording(file: Path, *, seed: int) -> None:
    dice = Random(seed)
    samples = array("h")
    for turn in range(6):
        hertz = 180 if turn % 2 else 240  # the operator, the caller
        for _ in range(dice.randint(2, 5)):  # words
            length = dice.randint(RATE // 8, RATE // 3)
            samples.extend(int(6_000 * math.sin(2 * math.pi * hertz * at / RATE)) for at in range(length))
            samples.extend([0] * (RATE // 16))
        samples.extend([0] * (RATE // 3))
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(RATE)
        opened.writeframes(samples.tobytes())
