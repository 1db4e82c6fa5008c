"""The demo organization: who works there, for whom, and what they note down.

Made from a seed and a day, and from nothing else: the same two give the same world on every machine.  Ids depend on
the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from askare.demo import people, places
from askare.demo.forms import Language
from askare.demo.occasions import OCCASIONS, Occasion, Phrasebook, Saying
from askare.demo.people import Client, Colleague, Person, Receptionist
from askare.demo.phrases_en import ENGLISH
from askare.demo.phrases_fi import FINNISH
from askare.demo.phrases_sv import SWEDISH
from askare.demo.places import Place, Sort
from askare.directory.model import InvolvedAgent, InvolvedParty
from askare.kernel.words import fold
from askare.tasks.model import (
    PartyType,
    TaskContent,
    TaskStatus,
    TaskType,
)

SEED = 1917
ORGANIZATION_NAME = "Demo"
TASKS = 2_000
DAYS_EACH_WAY = 61  # tasks are due in the two months before today and in the two after
PAST_SHARE = 0.57

PHRASEBOOKS: dict[Language, Phrasebook] = {Language.FI: FINNISH, Language.SV: SWEDISH, Language.EN: ENGLISH}

FINNISH_TIME = ZoneInfo("Europe/Helsinki")
_FREE_DAYS = frozenset({(1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)})
_MAIL_DOMAINS = ("example.com", "example.net", "example.org")

Choice = TypeVar("Choice")


class Address(Struct, frozen=True):
    """Where something is, with the fields of contract 8.1."""

    street_address: str
    district: str
    region: str
    region_code: str
    postcode: str
    postal_area: str
    locality: str
    country_code: str = "FI"

    @property
    def locality_code(self) -> str:
        return f"{self.region_code}_{fold(self.locality).upper()}"


class Office(Struct, frozen=True):
    office_id: UUID
    key: str
    name: str
    address: Address


class Agent(Struct, frozen=True):
    agent_id: UUID
    colleague: Colleague
    email: str
    office: Office


class Party(Struct, frozen=True):
    party_id: UUID
    client: Client
    email: str
    phone: str


class Realty(Struct, frozen=True):
    realty_id: UUID
    friendly_id: str
    assignment_id: UUID
    place: Place
    address: Address
    office: Office
    agent: Agent
    seller: Party
    status_code: str
    listed: datetime
    condition_code: str
    plot_holding_type_code: str
    has_elevator: bool
    has_balcony: bool
    has_sauna: bool
    housing_company_has_sauna: bool


class Operator(Struct, frozen=True):
    """Somebody at the switchboard."""

    user_id: UUID
    receptionist: Receptionist


class PlannedTask(Struct, frozen=True):
    """A task that is to be created, when it is said to have been, and the language of its text."""

    task_id: UUID
    content: TaskContent
    created: datetime
    language: Language


class World(Struct, frozen=True):
    """All of the demo data.  `today` is the day around which the tasks lie."""

    seed: int
    today: date
    organization_name: str
    offices: tuple[Office, ...]
    agents: tuple[Agent, ...]
    operators: tuple[Operator, ...]
    parties: tuple[Party, ...]
    realties: tuple[Realty, ...]
    tasks: tuple[PlannedTask, ...]


def world(today: date, *, seed: int = SEED) -> World:
    """The demo organization as it stands on the morning of `today`, in Finnish time."""
    offices = tuple(
        Office(
            _id(seed, "office", office.key),
            office.key,
            office.name,
            _address(office.key, office.street, office.district, office.postcode, office.locality, office.locality),
        )
        for office in places.OFFICES
    )
    by_key = {office.key: office for office in offices}
    agents = tuple(_agent(seed, colleague, by_key[colleague.office]) for colleague in people.COLLEAGUES)
    dice = Random(f"{seed} parties")
    parties = tuple(_party(seed, dice, client) for client in people.CLIENTS)
    dice = Random(f"{seed} realties")
    realties = tuple(
        _realty(seed, dice, place, by_key[place.office], agents, parties, today) for place in places.PLACES
    )
    planner = _Planner(Random(f"{seed} tasks"), today, agents, parties, realties)
    tasks = [planner.task(_id(seed, "task", str(number))) for number in range(TASKS)]
    tasks.sort(key=lambda task: (task.created, task.task_id))
    operators = tuple(Operator(_id(seed, "operator", one.code), one) for one in people.RECEPTIONISTS)
    return World(seed, today, ORGANIZATION_NAME, offices, agents, operators, parties, realties, tuple(tasks))


def _id(seed: int, kind: str, key: str) -> UUID:
    """A version 4 id that is the same for the same thing every time, whatever else there is in the world."""
    return UUID(int=Random(f"{seed} {kind} {key}").getrandbits(128), version=4)


def _address(
    office: str, street_address: str, district: str, postcode: str, postal_area: str, locality: str
) -> Address:
    region, region_code = places.REGIONS[office]
    return Address(street_address, district, region, region_code, postcode, postal_area, locality)


def _mail(*names: str, domain: str) -> str:
    return ".".join(fold(name) for name in names) + f"@{domain}"


def _agent(seed: int, colleague: Colleague, office: Office) -> Agent:
    domain = f"{fold(office.key)}.example.com"
    return Agent(
        _id(seed, "agent", colleague.last_name),
        colleague,
        _mail(colleague.first_name, colleague.last_name, domain=domain),
        office,
    )


def _party(seed: int, dice: Random, client: Client) -> Party:
    domain = dice.choice(_MAIL_DOMAINS)
    if isinstance(client, Person):
        email = _mail(client.first_name, client.surname.word, domain=domain)
    elif client.type_code is PartyType.ESTATE_PARTY:
        email = _mail("kuolinpesa" if client.language is Language.FI else "dodsbo", client.key, domain=domain)
    else:
        email = f"info@{fold(client.key).replace(' ', '-')}.example.com"
    phone = f"040 000 {Random(f'{seed} phone {client.key}').randrange(10_000):04d}"
    return Party(_id(seed, "party", client.key), client, email, phone)


def _realty(
    seed: int,
    dice: Random,
    place: Place,
    office: Office,
    agents: Sequence[Agent],
    parties: Sequence[Party],
    today: date,
) -> Realty:
    seller = next(party for party in parties if party.client.key == place.owner)
    colleagues = [agent for agent in agents if agent.office is office]
    # A seller is served in the own language.
    fluent = [agent for agent in colleagues if seller.client.language in agent.colleague.writes]
    year = place.year or 0
    is_flat = place.home.subtype == ("residentialTypeCode", "APARTMENT_HOUSE")
    is_built = Sort.BUILT in place.home.sorts
    listed = _moment(
        today - timedelta(days=dice.randint(DAYS_EACH_WAY + 3, 200)),
        time(dice.randint(8, 16), dice.randrange(0, 60, 5)),
    )
    condition = "NEW" if year >= 2023 else dice.choice(("GOOD", "GOOD", "SATISFACTORY"))
    if 0 < year < 1970 and dice.random() < 0.3:
        condition = "TOLERABLE"
    has_sauna = place.layout.endswith("+s")
    return Realty(
        realty_id=_id(seed, "realty", place.street),
        friendly_id=str(dice.randrange(40_000_000, 49_999_999)),
        assignment_id=_id(seed, "assignment", place.street),
        place=place,
        address=_address(
            place.office,
            f"{place.street} {place.number}",
            place.district,
            place.postcode,
            place.postal_area,
            place.locality,
        ),
        office=office,
        agent=dice.choice(fluent),
        seller=seller,
        status_code=_weighted(dice, (("FOR_SALE", 84), ("CONDITIONAL_OFFER", 6), ("SOLD", 10))),
        listed=listed,
        condition_code=condition,
        plot_holding_type_code="RENT" if dice.random() < 0.2 else "OWN",
        has_elevator=is_flat and (year >= 1990 or dice.random() < 0.5),
        has_balcony=is_built and (year >= 1960 or dice.random() < 0.3),
        has_sauna=has_sauna,
        housing_company_has_sauna=is_flat and not has_sauna and dice.random() < 0.7,
    )


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, FINNISH_TIME).astimezone(UTC)


def _weighted(dice: Random, choices: Iterable[tuple[Choice, int]]) -> Choice:
    values, weights = zip(*choices, strict=True)
    chosen: Choice = dice.choices(values, weights)[0]
    return chosen


def _is_free(day: date) -> bool:
    return (day.month, day.day) in _FREE_DAYS


def _working_day(day: date, *, step: int) -> date:
    """The day itself, or the next one in the direction of `step` on which the office is open."""
    while day.weekday() >= 5 or _is_free(day):
        day += timedelta(days=step)
    return day


class _Planner:
    """Makes one task after another from the same dice."""

    def __init__(
        self,
        dice: Random,
        today: date,
        agents: Sequence[Agent],
        parties: Sequence[Party],
        realties: Sequence[Realty],
    ) -> None:
        self._dice = dice
        self._today = today
        self._agents = agents
        self._buyers = [party for party in parties if isinstance(party.client, Person)]
        self._occasions = [(occasion, occasion.weight) for occasion in OCCASIONS]
        self._realties = {
            (occasion.key, is_past): [realty for realty in realties if _fits(occasion, realty, is_past=is_past)]
            for occasion in OCCASIONS
            for is_past in (False, True)
        }

    def task(self, task_id: UUID) -> PlannedTask:
        dice = self._dice
        occasion = _weighted(dice, self._occasions)
        due_day, due_hour = self._due(occasion)
        due = _moment(due_day, due_hour)
        is_past = due_day < self._today
        realty = dice.choice(self._realties[occasion.key, is_past]) if occasion.has_realty else None
        agent = realty.agent if realty is not None and dice.random() < 0.85 else self._colleague(realty)
        buyer = self._buyer(agent, realty)
        language = self._language(occasion, agent, buyer, realty)
        saying = PHRASEBOOKS[language].sayings[occasion.key]
        opening = dice.choice(saying.openings)
        status = self._status(due_day)
        addition = [dice.choice(saying.additions)] if dice.random() < 0.6 else []
        outcome = self._outcome(saying, status)
        slots = self._slots(language, due_day, due_hour, buyer, realty)
        return PlannedTask(
            task_id,
            TaskContent(
                type_code=occasion.type_code,
                status_code=status,
                description=_text([opening, *addition, *outcome], slots),
                task_due_time=due,
                parties=self._parties(opening, buyer, realty),
                realty_id=realty.realty_id if realty is not None else None,
                assignment_id=realty.assignment_id if realty is not None and dice.random() < 0.8 else None,
                agency_office_id=agent.office.office_id,
                agents=self._task_agents(occasion, agent),
            ),
            created=self._created(due, due_day, is_logged=bool(outcome)),
            language=language,
        )

    # When ------------------------------------------------------------------------------------------------------

    def _due(self, occasion: Occasion) -> tuple[date, time]:
        dice = self._dice
        is_past = dice.random() < PAST_SHARE
        # What lies ahead grows thinner with distance.
        offset = -dice.randint(1, DAYS_EACH_WAY) if is_past else int(dice.triangular(0, DAYS_EACH_WAY, 0))
        day = self._today + timedelta(days=offset)
        if occasion.at_showing_hours:
            while _is_free(day):
                day += timedelta(days=1)
            if day.weekday() >= 5:
                return day, time(dice.randint(11, 15), dice.choice((0, 30)))
            return day, time(dice.randint(15, 18), dice.choice((0, 15, 30)))
        # Back into the past, forth into the future: so that past stays past.
        day = _working_day(day, step=-1 if offset < 0 else 1)
        return day, time(dice.randint(9, 16), dice.choice((0, 0, 0, 15, 30, 30, 45)))

    def _status(self, due_day: date) -> TaskStatus:
        """What is past is done, except what was dropped, and the little that somebody forgot."""
        days_ago = (self._today - due_day).days
        if days_ago <= 0:
            return TaskStatus.WAITING
        overdue = 12 if days_ago <= 10 else 1
        return _weighted(
            self._dice,
            ((TaskStatus.DONE, 90 - overdue), (TaskStatus.REJECTED, 10), (TaskStatus.WAITING, overdue)),
        )

    def _created(self, due: datetime, due_day: date, *, is_logged: bool) -> datetime:
        """Before the task is due and before today.  What tells of its own outcome was logged when it was over."""
        dice = self._dice
        if is_logged:
            return due + timedelta(minutes=dice.randint(10, 55), seconds=dice.randrange(60))
        earliest_lead = 1 + max(0, (due_day - self._today).days)
        day = _working_day(due_day - timedelta(days=earliest_lead + int(dice.triangular(0, 20, 0))), step=-1)
        hour = time(dice.randint(8, 16), dice.randrange(60), dice.randrange(60))
        return _moment(day, hour)

    # Who -------------------------------------------------------------------------------------------------------

    def _colleague(self, realty: Realty | None) -> Agent:
        if realty is None:
            return self._dice.choice(self._agents)
        return self._dice.choice([agent for agent in self._agents if agent.office is realty.office])

    def _buyer(self, agent: Agent, realty: Realty | None) -> Party:
        """Somebody from the same town, seldom from elsewhere; nobody buys from themselves."""
        near = [buyer for buyer in self._buyers if buyer.client.office == agent.office.key]
        among = near if self._dice.random() < 0.92 else self._buyers
        return self._dice.choice([buyer for buyer in among if realty is None or buyer is not realty.seller])

    def _language(self, occasion: Occasion, agent: Agent, buyer: Party, realty: Realty | None) -> Language:
        """A client's language where the agent writes it; about Finnish clients, often the agent's own."""
        dice, colleague = self._dice, agent.colleague
        own = colleague.writes[0]
        texts = PHRASEBOOKS[own].sayings[occasion.key].openings
        if any("{buyer" in text for text in texts):
            theirs = buyer.client.language
        elif realty is not None and any("{seller" in text for text in texts):
            theirs = realty.seller.client.language
        else:
            return own if dice.random() < 0.93 else dice.choice(colleague.writes)
        if theirs not in colleague.writes:
            return own
        return own if theirs is Language.FI and dice.random() < 0.4 else theirs

    def _parties(self, opening: str, buyer: Party, realty: Realty | None) -> tuple[InvolvedParty, ...]:
        """Whoever the opening names; where it names nobody, often the seller of the home."""
        named = [buyer] if "{buyer" in opening else []
        if realty is not None and ("{seller" in opening or (not named and self._dice.random() < 0.6)):
            named.append(realty.seller)
        return tuple(InvolvedParty(party.party_id, party.client.type_code) for party in named)

    def _task_agents(self, occasion: Occasion, agent: Agent) -> tuple[InvolvedAgent, ...]:
        colleagues = [other for other in self._agents if other.office is agent.office and other is not agent]
        if not occasion.has_realty and occasion.type_code in (TaskType.MEETING, TaskType.TRAINING):
            company = colleagues
        else:
            company = [self._dice.choice(colleagues)] if self._dice.random() < 0.08 else []
        return tuple(InvolvedAgent(one.agent_id) for one in (agent, *company))

    # What ------------------------------------------------------------------------------------------------------

    def _outcome(self, saying: Saying, status: TaskStatus) -> list[str]:
        if status is TaskStatus.DONE and self._dice.random() < 0.45:
            return [self._dice.choice(saying.done)]
        if status is TaskStatus.REJECTED and self._dice.random() < 0.8:
            return [self._dice.choice(saying.rejected)]
        return []

    def _slots(
        self, language: Language, due_day: date, due_hour: time, buyer: Party, realty: Realty | None
    ) -> dict[str, Any]:
        dice, book = self._dice, PHRASEBOOKS[language]
        later = _working_day(due_day + timedelta(days=dice.randint(1, 9)), step=1)
        wished = dice.choice(places.WISHED_HOMES)
        slots: dict[str, Any] = {
            "buyer": buyer.client.called(language, shortly=dice.random() < 0.4),
            "time": book.clock(due_hour),
            "later": book.day(later),
            "wish": _wish(wished, language),
            "budget": book.euros(dice.randrange(wished.budgets[0], wished.budgets[1], 5) * 1_000),
            "views": dice.randint(180, 980),
        }
        if realty is not None:
            slots["seller"] = realty.seller.client.called(language, shortly=dice.random() < 0.4)
            slots["offer"] = book.euros(round(realty.place.price * dice.uniform(0.9, 0.985) / 500) * 500)
            slots |= realty_slots(language, realty.place)
        return slots


def _fits(occasion: Occasion, realty: Realty, *, is_past: bool) -> bool:
    if not occasion.has_realty:
        return False
    if occasion.about is not None and occasion.about not in realty.place.home.sorts:
        return False
    if occasion.seller is not None and realty.seller.client.type_code is not occasion.seller:
        return False
    # Of what is sold, only the moving in lies ahead.
    return is_past or realty.status_code != "SOLD" or occasion.key == "after the sale"


def _wish(home: places.Home, language: Language) -> object:
    if language is Language.FI:
        return home.finnish
    return home.wished_in_swedish if language is Language.SV else home.wished_in_english


def realty_slots(language: Language, place: Place) -> dict[str, Any]:
    """What a phrase can say of a home, in its language.  What has no rooms has neither layout nor area."""
    book = PHRASEBOOKS[language]
    street = place.street_sv if language is Language.SV and place.street_sv else place.street
    home = place.home
    slots: dict[str, Any] = {
        "address": f"{street} {place.number}",
        "street": place.street_in_finnish if language is Language.FI else street,
        "home": {Language.FI: home.finnish, Language.SV: home.swedish, Language.EN: home.english}[language],
        "price": book.euros(place.price),
    }
    if place.layout:
        slots["layout"] = _layout_in_swedish(place.layout) if language is Language.SV else place.layout
    if place.living_area:
        slots["area"] = book.square_metres(place.living_area)
    if place.plot_area:
        slots["plot"] = book.square_metres(place.plot_area)
    return slots


def _layout_in_swedish(layout: str) -> str:
    """3h+k+s is 3r+k+b: rum, kök, bastu; a kitchenette is kv, kokvrå."""
    parts = {"kk": "kv", "s": "b"}
    return "+".join(parts.get(part, part.replace("h", "r")) for part in layout.split("+"))


def _text(pieces: list[str], slots: dict[str, Any]) -> str:
    sentences = (piece.format_map(slots) for piece in pieces)
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)
