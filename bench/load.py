"""The rows of the benchmark: made from a seed, so every server and every run holds the same ones.

`iter_tasks` yields tasks in the contract's JSON form, `registry` the offices, agents, parties and realties they
point at.  `load_fastapi` and `load_fastify` write them straight into a peer's SQLite file, past its server.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

HERE = Path(__file__).resolve().parent

ORGANIZATION = "Bench"
OFFICE_COUNT = 50
AGENT_COUNT = 300
PARTY_COUNT = 20_000
REALTY_COUNT = 20_000
ASSIGNMENT_COUNT = 12_000
DEFAULT_SEED = 20_260_601
BATCH = 5_000  # rows a statement while loading

# The moment the data was "photographed": due times lie a year to both sides, changes before it.
# Fixed, so that the same seed gives the same rows on every day.
SNAPSHOT = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)

TYPE_CODES = ("CALL", "NOTIFICATION", "EMAIL", "TRAINING", "MEETING", "FOLLOW_UP", "REPORT_MEETING", "OTHER")
TYPE_WEIGHTS = (34, 10, 16, 2, 14, 15, 5, 4)
STATUS_CODES = ("WAITING", "DONE", "REJECTED")
STATUS_WEIGHTS = (55, 40, 5)
PARTY_TYPES = ("PERSON_PARTY", "ESTATE_PARTY", "ORGANIZATION_PARTY")
PARTY_WEIGHTS = (86, 5, 9)

Task = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Registry:
    """What tasks point at.  Lists of plain dicts in the contract's spelling."""

    offices: list[dict[str, Any]]
    agents: list[dict[str, Any]]
    parties: list[dict[str, Any]]
    realties: list[dict[str, Any]]
    assignment_ids: list[str]


# --- words ------------------------------------------------------------------------------------------------

_STREET_STEMS = [
    "Hämeen",
    "Tampereen",
    "Turun",
    "Satama",
    "Rauhan",
    "Kauppa",
    "Kirkko",
    "Koulu",
    "Asema",
    "Puisto",
    "Ranta",
    "Mäki",
    "Metsä",
    "Niitty",
    "Lehto",
    "Kallio",
    "Kivi",
    "Koivu",
    "Mänty",
    "Kuusi",
    "Haapa",
    "Pihlaja",
    "Tammi",
    "Vaahtera",
    "Leppä",
    "Paju",
    "Kataja",
    "Kanerva",
    "Mustikka",
    "Puolukka",
    "Vadelma",
    "Mansikka",
    "Karhu",
    "Kettu",
    "Susi",
    "Hirvi",
    "Jänis",
    "Orava",
    "Kurki",
    "Joutsen",
    "Lokki",
    "Kotka",
    "Haukka",
    "Pöllö",
    "Varis",
    "Peippo",
    "Kuovi",
    "Kiuru",
    "Järvi",
    "Lammen",
    "Joen",
    "Virta",
    "Kosken",
    "Salmi",
    "Niemen",
    "Saaren",
    "Lahden",
    "Selän",
    "Ulapan",
    "Laiturin",
    "Majakan",
    "Purje",
    "Ankkuri",
    "Kalastajan",
    "Merimiehen",
    "Luotsin",
    "Laivurin",
    "Sepän",
    "Räätälin",
    "Suutarin",
    "Myllärin",
    "Leipurin",
    "Teurastajan",
    "Kirvesmiehen",
    "Muurarin",
    "Maalarin",
    "Nikkarin",
    "Tehtaan",
    "Teollisuus",
    "Varasto",
    "Ruukin",
    "Tiili",
    "Lasi",
    "Paperi",
    "Sahan",
    "Vilja",
    "Pelto",
    "Aho",
    "Korven",
    "Suon",
    "Hiekka",
    "Savi",
    "Sora",
    "Harjun",
    "Laakson",
    "Notkon",
    "Rinne",
    "Kukkula",
    "Torni",
    "Linnan",
    "Kartanon",
    "Torpan",
    "Mökki",
    "Pappilan",
    "Lukkarin",
    "Vanha",
    "Uusi",
    "Iso",
    "Pikku",
    "Pitkä",
    "Leveä",
    "Itäinen",
    "Läntinen",
    "Eteläinen",
    "Pohjoinen",
    "Yli",
    "Ala",
    "Keski",
    "Mannerheimin",
    "Runeberg",
    "Topeliuksen",
    "Snellmanin",
    "Aleksis",
    "Sibeliuksen",
    "Freesen",
    "Annan",
    "Liisan",
    "Katariinan",
    "Elisabet",
    "Eerikin",
    "Erkin",
    "Juhanan",
    "Kustaan",
    "Oskarin",
    "Yrjön",
    "Pietarin",
    "Paavalin",
    "Marian",
    "Helenan",
    "Fredrikin",
    "Albertin",
    "Tehtaankadun",
    "Bulevardin",
    "Esplanadin",
]
_STREET_ENDS = ("katu", "tie", "polku", "kuja", "kaari", "raitti", "rinne", "ranta")
_STREET_PLACES = {
    "katu": "kadulla",
    "tie": "tiellä",
    "polku": "polulla",
    "kuja": "kujalla",
    "kaari": "kaarella",
    "raitti": "raitilla",
    "rinne": "rinteellä",
    "ranta": "rannalla",
}
_SWEDISH_STEMS = [
    "Stor",
    "Kyrko",
    "Strand",
    "Hamn",
    "Skol",
    "Park",
    "Skogs",
    "Äng",
    "Björk",
    "Tall",
    "Gran",
    "Sten",
    "Berg",
    "Back",
    "Sjö",
    "Ås",
    "Holm",
    "Näs",
    "Vik",
    "Sund",
    "Udd",
    "Fisk",
    "Smed",
    "Kvarn",
    "Herrgårds",
    "Präst",
    "Torp",
    "Ny",
    "Gammel",
    "Norra",
    "Södra",
    "Östra",
    "Västra",
    "Mellan",
    "Brunns",
    "Trädgårds",
    "Köpmans",
    "Fabriks",
]
_SWEDISH_ENDS = ("gatan", "vägen", "stigen", "gränden", "esplanaden")
_NAME_STEMS = [
    "Korho",
    "Virta",
    "Mäki",
    "Nieminen",
    "Mäkelä",
    "Hämälä",
    "Laine",
    "Heikki",
    "Koski",
    "Järvi",
    "Lehto",
    "Lehti",
    "Saari",
    "Salmi",
    "Niemi",
    "Heino",
    "Heikkilä",
    "Kinnu",
    "Salo",
    "Turu",
    "Pitkä",
    "Karja",
    "Jokinen",
    "Matti",
    "Savo",
    "Lahti",
    "Ahola",
    "Kallio",
    "Karppi",
    "Väisä",
    "Räsä",
    "Hirvo",
    "Leppä",
    "Pelto",
    "Rauta",
    "Kosone",
    "Mustone",
    "Nisku",
    "Ruotsa",
    "Tuomi",
    "Anttila",
    "Juntti",
    "Kemppai",
    "Lampi",
    "Määttä",
    "Oksa",
    "Partane",
    "Pulkki",
    "Rissa",
    "Sipilä",
    "Soini",
    "Tikka",
    "Toivo",
    "Vainio",
    "Vuori",
    "Ylö",
    "Aalto",
    "Aro",
    "Eskoli",
    "Erola",
    "Haapa",
    "Halo",
    "Hakala",
    "Holopai",
    "Huttu",
    "Ikone",
    "Immo",
    "Jää",
    "Kainu",
    "Kauppi",
    "Keto",
    "Kiviranta",
    "Kokko",
    "Kujala",
    "Kuusi",
    "Laakso",
    "Lindholm",
    "Luoma",
    "Manni",
    "Moila",
    "Myllylä",
    "Nurmi",
    "Nyman",
    "Ojala",
    "Paana",
    "Pasa",
    "Peura",
    "Pohjo",
    "Raja",
    "Ranta",
    "Ritva",
    "Rosti",
    "Saasta",
    "Sari",
    "Seppä",
    "Sorsa",
    "Suomi",
    "Tanska",
    "Tervo",
    "Tuoma",
    "Uusi",
    "Valko",
    "Vesa",
    "Viita",
    "Ylä",
]
_NAME_ENDS = ("nen", "la", "lä", "lainen", "luoto", "harju", "mäki", "vuo")
_SWEDISH_NAMES = [
    "Lindström",
    "Johansson",
    "Karlsson",
    "Nyberg",
    "Lindqvist",
    "Söderholm",
    "Westerlund",
    "Sjöberg",
    "Backman",
    "Holmberg",
    "Grönroos",
    "Björklund",
    "Eklund",
    "Sundström",
    "Nordström",
    "Engblom",
    "Forsman",
    "Lindroos",
    "Rosenqvist",
    "Österman",
    "Ahlfors",
    "Wikström",
    "Granholm",
    "Höglund",
]
_FIRST_NAMES = [
    "Matti",
    "Juha",
    "Mikko",
    "Antti",
    "Timo",
    "Jari",
    "Kari",
    "Pekka",
    "Ville",
    "Janne",
    "Petri",
    "Sami",
    "Heikki",
    "Eero",
    "Onni",
    "Leo",
    "Elias",
    "Väinö",
    "Oliver",
    "Eino",
    "Anna",
    "Maria",
    "Helena",
    "Johanna",
    "Kaisa",
    "Liisa",
    "Päivi",
    "Tuula",
    "Riitta",
    "Sari",
    "Minna",
    "Aino",
    "Eevi",
    "Emma",
    "Sofia",
    "Venla",
    "Helmi",
    "Olivia",
    "Pihla",
    "Erik",
    "Johan",
    "Karl",
    "Gustav",
    "Anders",
    "Birgitta",
    "Margareta",
    "Kristina",
    "Camilla",
    "Monica",
    "Ulla",
    "Seija",
    "Raija",
    "Pirjo",
    "Hannele",
    "Tarja",
]
_TOWNS = [
    "Helsinki",
    "Espoo",
    "Tampere",
    "Vantaa",
    "Oulu",
    "Turku",
    "Jyväskylä",
    "Kuopio",
    "Lahti",
    "Pori",
    "Kouvola",
    "Joensuu",
    "Lappeenranta",
    "Hämeenlinna",
    "Vaasa",
    "Rovaniemi",
    "Seinäjoki",
    "Mikkeli",
    "Kotka",
    "Salo",
    "Porvoo",
    "Kokkola",
    "Hyvinkää",
    "Lohja",
    "Järvenpää",
    "Nurmijärvi",
    "Kirkkonummi",
    "Rauma",
    "Tuusula",
    "Kerava",
    "Kajaani",
    "Nokia",
    "Ylöjärvi",
    "Kaarina",
    "Kangasala",
    "Raasepori",
    "Sipoo",
    "Vihti",
    "Imatra",
    "Raahe",
    "Riihimäki",
    "Raisio",
    "Hollola",
    "Sastamala",
    "Lempäälä",
    "Tornio",
    "Siilinjärvi",
    "Mäntsälä",
    "Valkeakoski",
    "Kurikka",
    "Iisalmi",
    "Kemi",
    "Varkaus",
    "Jämsä",
    "Hamina",
    "Laukaa",
    "Naantali",
    "Heinola",
    "Pirkkala",
    "Parainen",
    "Pietarsaari",
    "Forssa",
    "Äänekoski",
    "Kauhava",
    "Kuusamo",
    "Lapua",
    "Akaa",
    "Lieto",
    "Orimattila",
    "Ylivieska",
    "Uusikaupunki",
    "Janakkala",
    "Ilmajoki",
    "Loimaa",
    "Kempele",
    "Kontiolahti",
    "Kauhajoki",
    "Ulvila",
    "Lieksa",
    "Muurame",
    "Paimio",
    "Kankaanpää",
    "Liminka",
    "Loviisa",
    "Hanko",
    "Inkoo",
    "Siuntio",
    "Pargas",
    "Nykarleby",
    "Närpiö",
    "Kaskinen",
    "Kristiinankaupunki",
]
_OBJECTS = (
    "huoneisto",
    "omakotitalo",
    "rivitalo",
    "kerrostalo",
    "paritalo",
    "mökki",
    "tontti",
    "liiketila",
    "toimisto",
)
_COMPOUND_HEADS = [
    "lämpö",
    "vesi",
    "viemäri",
    "sähkö",
    "ilma",
    "katto",
    "seinä",
    "lattia",
    "ikkuna",
    "ovi",
    "keittiö",
    "kylpyhuone",
    "sauna",
    "parveke",
    "julkisivu",
    "piha",
    "autotalli",
    "kellari",
    "ullakko",
    "porras",
    "hissi",
    "pumppu",
    "patteri",
    "putki",
    "savu",
    "piippu",
    "tulisija",
    "kattila",
    "varaaja",
    "aurinko",
    "kaapeli",
    "antenni",
    "lukko",
    "avain",
    "vuokra",
    "kauppa",
    "osto",
    "myynti",
    "esittely",
    "arvio",
    "tarjous",
    "laina",
    "vakuutus",
    "takuu",
    "kunto",
    "kosteus",
    "asbesti",
    "energia",
    "isännöinti",
    "yhtiö",
    "hallinto",
    "tilinpäätös",
    "pöytäkirja",
    "kaavoitus",
    "rakennus",
    "lupa",
    "naapuri",
    "muutto",
    "loppu",
    "alku",
]
_COMPOUND_TAILS = [
    "huolto",
    "korjaus",
    "tarkastus",
    "remontti",
    "asennus",
    "vaihto",
    "kartoitus",
    "mittaus",
    "urakka",
    "tarjous",
    "sopimus",
    "todistus",
    "selvitys",
    "hakemus",
    "maksu",
    "lasku",
    "palaveri",
    "käynti",
    "raportti",
    "kuvaus",
    "suunnitelma",
    "pumppu",
    "urakoitsija",
    "asentaja",
    "tarkastaja",
]
_FINNISH_ASKS = (
    "Soita asiakkaalle",
    "Sovi esittelyaika",
    "Lähetä hinta-arvio",
    "Varmista aikataulu",
    "Tarkista asiakirjat",
    "Pyydä lisätietoja",
    "Muistuta tarjouksesta",
    "Toimita avaimet",
    "Päivitä ilmoitus",
    "Varaa valokuvaaja",
    "Kysy rahoituksesta",
    "Laadi kauppakirja",
    "Tilaa isännöitsijäntodistus",
)
_FINNISH_REASONS = (
    "omistaja toivoo yhteydenottoa iltapäivällä",
    "ostajaehdokas kysyi hinnasta",
    "kohde näytetään sunnuntaina",
    "papereista puuttuu allekirjoitus",
    "yhtiökokous päättää asiasta",
    "naapuri on kiinnostunut myös",
    "pankki odottaa vastausta",
    "remontti valmistuu ensi kuussa",
    "avaimet haettava toimistolta",
    "myyjä haluaa nostaa hintapyyntöä",
    "kuntotarkastaja ehtii vasta myöhemmin",
)
_SWEDISH_ASKS = (
    "Ring kunden",
    "Boka visning",
    "Skicka värdering",
    "Bekräfta tidtabellen",
    "Granska handlingarna",
    "Påminn om anbudet",
    "Beställ disponentintyg",
    "Uppdatera annonsen",
)
_SWEDISH_REASONS = (
    "ägaren önskar svar före helgen",
    "köparen frågade om priset",
    "nycklarna finns på kontoret",
    "banken väntar på besked",
    "renoveringen blir klar nästa månad",
    "bolagsstämman beslutar om saken",
)
_ENGLISH_ASKS = (
    "Call the customer",
    "Arrange a viewing",
    "Send the valuation",
    "Confirm the schedule",
    "Check the documents",
    "Follow up the offer",
    "Order the house manager's certificate",
)
_ENGLISH_REASONS = (
    "the owner prefers to be reached in the afternoon",
    "the buyer asked about the price",
    "the keys are at the office",
    "the bank is waiting for an answer",
    "the renovation will be ready next month",
)


class Zipf(Generic[Item]):
    """Draws from `items` so that the n-th is about 1/(n + offset) as likely as the first."""

    def __init__(self, items: Iterable[Item], *, offset: float = 3.0) -> None:
        self.items = list(items)
        self._sums = list(itertools.accumulate(1 / (rank + offset) for rank in range(len(self.items))))

    def draw(self, dice: random.Random) -> Item:
        return self.items[bisect.bisect(self._sums, dice.random() * self._sums[-1])]


# --- the registry -----------------------------------------------------------------------------------------


def make_uuid(dice: random.Random) -> str:
    """Return a lower-case version 4 uuid."""
    digits = f"{dice.getrandbits(128):032x}"
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) & 3]}{digits[17:20]}-{digits[20:]}"
    )


@cache
def _streets() -> Zipf[tuple[str, str]]:
    """Street names, each with the form that means "on that street"."""
    finnish = [
        (f"{stem}{end}", f"{stem}{_STREET_PLACES[end]}") for end, stem in itertools.product(_STREET_ENDS, _STREET_STEMS)
    ]
    swedish = [(f"{stem}{end}",) * 2 for end, stem in itertools.product(_SWEDISH_ENDS, _SWEDISH_STEMS)]
    names = finnish + swedish
    random.Random(1).shuffle(names)
    return Zipf(names)


@cache
def _surnames() -> Zipf[str]:
    names = [f"{stem}{end}" for end, stem in itertools.product(_NAME_ENDS, _NAME_STEMS)] + _SWEDISH_NAMES
    random.Random(2).shuffle(names)
    return Zipf(names)


@cache
def _compounds() -> Zipf[str]:
    words = [head + tail for head, tail in itertools.product(_COMPOUND_HEADS, _COMPOUND_TAILS) if head != tail]
    random.Random(3).shuffle(words)
    return Zipf(words)


@cache
def _towns() -> Zipf[str]:
    return Zipf(_TOWNS)


@cache
def registry() -> Registry:
    """Return the offices, agents, parties, realties and assignment ids that tasks point at."""
    dice = random.Random(f"registry {DEFAULT_SEED}")
    offices = [
        {"agencyOfficeId": make_uuid(dice), "name": f"{_TOWNS[number % len(_TOWNS)]} {number + 1}"}
        for number in range(OFFICE_COUNT)
    ]
    agents = []
    for number in range(AGENT_COUNT):
        at = {number % OFFICE_COUNT} | ({dice.randrange(OFFICE_COUNT)} if dice.random() < 0.3 else set())
        first, last = dice.choice(_FIRST_NAMES), _surnames().draw(dice)
        agents.append(
            {
                "agentId": make_uuid(dice),
                "firstName": first,
                "lastName": last,
                "email": f"agent{number}@bench.example",
                "agencyOfficeIds": [offices[office]["agencyOfficeId"] for office in sorted(at)],
            }
        )
    parties = []
    for number in range(PARTY_COUNT):
        kind = dice.choices(PARTY_TYPES, PARTY_WEIGHTS)[0]
        last = _surnames().draw(dice)
        party = {"partyId": make_uuid(dice), "partyTypeCode": kind, "email": f"party{number}@bench.example"}
        if kind == "PERSON_PARTY":
            party |= {"firstName": dice.choice(_FIRST_NAMES), "lastName": last}
        else:
            party["name"] = f"{last} Oy" if kind == "ORGANIZATION_PARTY" else f"Kuolinpesä {last}"
        parties.append(party)
    realties = []
    for number in range(REALTY_COUNT):
        realties.append(
            {
                "realtyId": make_uuid(dice),
                "friendlyId": f"{100_000 + number}",
                "agencyOfficeId": offices[number % OFFICE_COUNT]["agencyOfficeId"],
                "address": {
                    "streetAddress": f"{_streets().draw(dice)[0]} {dice.randrange(1, 90)}",
                    "postcode": f"{dice.randrange(100, 99_999):05d}",
                    "locality": _towns().draw(dice),
                    "countryCode": "FI",
                },
            }
        )
    assignment_ids = [make_uuid(dice) for _ in range(ASSIGNMENT_COUNT)]
    return Registry(offices, agents, parties, realties, assignment_ids)


# --- the tasks --------------------------------------------------------------------------------------------


def _description(dice: random.Random) -> str:
    """Return 40-160 characters in Finnish (70 %), Swedish (20 %) or English (10 %)."""
    street, on_street = _streets().draw(dice)
    number, surname, town = dice.randrange(1, 90), _surnames().draw(dice), _towns().draw(dice)
    language = dice.random()
    if language < 0.7:
        text = f"{dice.choice(_FINNISH_ASKS)}: {surname}, {dice.choice(_OBJECTS)} {on_street} {number}, {town}"
        if dice.random() < 0.75:
            text += f". {_compounds().draw(dice).capitalize()}"
        if dice.random() < 0.55:
            text += f", {dice.choice(_FINNISH_REASONS)}"
    elif language < 0.9:
        text = f"{dice.choice(_SWEDISH_ASKS)} {surname}, {street} {number}, {town}"
        if dice.random() < 0.7:
            text += f": {dice.choice(_SWEDISH_REASONS)}"
    else:
        text = f"{dice.choice(_ENGLISH_ASKS)} {surname}, {street} {number}, {town}"
        if dice.random() < 0.7:
            text += f"; {dice.choice(_ENGLISH_REASONS)}"
    if len(text) < 40:
        text += f" ({dice.choice(_FIRST_NAMES)} {_surnames().draw(dice)})"
    return text[:160]


def wire_time(moment: datetime) -> str:
    """Return an instant as the API writes it: UTC with Z, milliseconds only when not zero."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def iter_tasks(count: int, seed: int = DEFAULT_SEED) -> Iterator[Task]:
    """Yield `count` tasks in the contract's form, with their server-made fields.

    The first n of a longer run are the same as a run of n.  Instants are UTC; creation and modification times
    have milliseconds and lie before SNAPSHOT, due times within a year of it.
    """
    known = registry()
    dice = random.Random(f"tasks {seed}")
    agent_ids = [agent["agentId"] for agent in known.agents]
    offices_of = [agent["agencyOfficeIds"] for agent in known.agents]
    parties = [{"partyId": party["partyId"], "partyTypeCode": party["partyTypeCode"]} for party in known.parties]
    realty_ids = [realty["realtyId"] for realty in known.realties]
    type_sums = list(itertools.accumulate(TYPE_WEIGHTS))
    status_sums = list(itertools.accumulate(STATUS_WEIGHTS))
    year_days = 365
    for _ in range(count):
        agent = dice.randrange(AGENT_COUNT)
        agents = [{"agentId": agent_ids[agent]}]
        if dice.random() < 0.25:
            # Fifty numbers on sits a colleague of the same office.
            agents.append({"agentId": agent_ids[(agent + OFFICE_COUNT) % AGENT_COUNT]})
        first_party = dice.randrange(PARTY_COUNT)
        its_parties = [parties[first_party]]
        if dice.random() < 0.4:
            its_parties.append(parties[(first_party + 1 + dice.randrange(PARTY_COUNT - 1)) % PARTY_COUNT])

        status = STATUS_CODES[bisect.bisect(status_sums, dice.random() * 100)]
        day = dice.randrange(-year_days, year_days)
        due = SNAPSHOT + timedelta(days=day, minutes=15 * dice.randrange(44))
        lead = timedelta(seconds=dice.expovariate(1 / (21 * 86_400)), milliseconds=dice.randrange(1000))
        latest = SNAPSHOT - timedelta(seconds=dice.expovariate(1 / (30 * 86_400)), milliseconds=dice.randrange(1000))
        created = min(due - lead, latest)
        modified = created
        if status != "WAITING" or dice.random() < 0.3:
            modified = created + (SNAPSHOT - created) * min(1.0, dice.expovariate(6))
        task: Task = {
            "taskId": make_uuid(dice),
            "typeCode": TYPE_CODES[bisect.bisect(type_sums, dice.random() * 100)],
            "statusCode": status,
            "description": _description(dice),
            "taskDueTime": wire_time(due),
            "parties": its_parties,
            "agencyOfficeId": dice.choice(offices_of[agent]),
            "agents": agents,
            "creationTime": wire_time(created),
            "modificationTime": wire_time(modified),
        }
        if dice.random() < 0.7:
            task["realtyId"] = realty_ids[dice.randrange(REALTY_COUNT)]
        if dice.random() < 0.4:
            task["assignmentId"] = known.assignment_ids[dice.randrange(ASSIGNMENT_COUNT)]
        yield task


def create_bodies(count: int, seed: int = 7) -> list[bytes]:
    """Return request bodies for creates: tasks without what the server makes, as JSON."""
    server_made = ("taskId", "creationTime", "modificationTime")
    return [
        json.dumps({key: value for key, value in task.items() if key not in server_made}, ensure_ascii=False).encode()
        for task in iter_tasks(count, seed)
    ]


# --- loading the peers ------------------------------------------------------------------------------------


def _sqlalchemy_time(wire: str) -> str:
    """Turn the wire's instant into what SQLAlchemy's DateTime keeps in SQLite."""
    day, time = wire[:10], wire[11:-1]
    return f"{day} {time}000" if "." in time else f"{day} {time}.000000"


def _javascript_time(wire: str) -> str:
    """Turn the wire's instant into the form of Date.prototype.toISOString."""
    return wire if "." in wire else f"{wire[:-1]}.000Z"


def load_fastapi(path: Path, count: int) -> None:
    """Write the first `count` tasks into a new SQLite file of the FastAPI peer."""
    _load_peer(path, count, time=_sqlalchemy_time, uuid=lambda text: text.replace("-", ""), with_document=False)


def load_fastify(path: Path, count: int) -> None:
    """Write the first `count` tasks into a new SQLite file of the Fastify peer."""
    _load_peer(path, count, time=_javascript_time, uuid=str, with_document=False)


def load_fastify_documents(path: Path, count: int) -> None:
    """The same for the Fastify variant that answers pages from stored documents."""
    _load_peer(path, count, time=_javascript_time, uuid=str, with_document=True)


def _load_peer(
    path: Path,
    count: int,
    *,
    time: Callable[[str], str],
    uuid: Callable[[str], str],
    with_document: bool,
) -> None:
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")
    database.executescript((HERE / "peers" / "schema.sql").read_text())
    database.execute("BEGIN")
    database.execute("INSERT INTO organizations (id, name) VALUES (1, ?)", (ORGANIZATION,))
    tasks = enumerate(iter_tasks(count), start=1)
    by = uuid("00000000-0000-4000-8000-000000000001")
    while batch := list(itertools.islice(tasks, BATCH)):
        documents = [json.dumps(task, ensure_ascii=False, separators=(",", ":")) for _, task in batch]
        database.executemany(
            "INSERT INTO tasks VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            [
                (
                    number,
                    uuid(task["taskId"]),
                    task["typeCode"],
                    task["statusCode"],
                    task["description"],
                    time(task["taskDueTime"]),
                    uuid(task["realtyId"]) if "realtyId" in task else None,
                    uuid(task["assignmentId"]) if "assignmentId" in task else None,
                    uuid(task["agencyOfficeId"]),
                    time(task["creationTime"]),
                    time(task["modificationTime"]),
                    document if with_document else None,
                )
                for (number, task), document in zip(batch, documents, strict=True)
            ],
        )
        database.executemany(
            "INSERT INTO task_parties VALUES (?, ?, ?, ?)",
            [
                (number, uuid(party["partyId"]), party["partyTypeCode"], position)
                for number, task in batch
                for position, party in enumerate(task["parties"])
            ],
        )
        database.executemany(
            "INSERT INTO task_agents VALUES (?, ?, ?)",
            [
                (number, uuid(agent["agentId"]), position)
                for number, task in batch
                for position, agent in enumerate(task["agents"])
            ],
        )
        database.executemany(
            "INSERT INTO task_history (task_id, changed_by, changed_at, after_state) VALUES (?, ?, ?, ?)",
            [
                (number, by, time(task["creationTime"]), document)
                for (number, task), document in zip(batch, documents, strict=True)
            ],
        )
    database.execute("COMMIT")
    database.executescript((HERE / "peers" / "schema_after_load.sql").read_text())
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


LOADERS: dict[str, Callable[[Path, int], None]] = {
    "fastapi": load_fastapi,
    "fastify": load_fastify,
    "fastify-documents": load_fastify_documents,
}


def main() -> None:
    """Load one peer's database, or print a few tasks to look at."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("peer", choices=[*LOADERS, "print"])
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path, nargs="?")
    given = parser.parse_args()
    if given.peer == "print":
        for task in iter_tasks(given.count):
            print(json.dumps(task, ensure_ascii=False))
    elif given.path is None:
        parser.error("a peer needs the path of its database")
    else:
        LOADERS[given.peer](given.path, given.count)


if __name__ == "__main__":
    main()
