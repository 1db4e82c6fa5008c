"""The people of the demo data: agents, and the parties that they work for.  All of them are made up."""

from __future__ import annotations

from msgspec import Struct

from askare.demo.forms import English, Finnish, Language, Name, Swedish
from askare.tasks.model import PartyType

TAMPERE, HELSINKI = "Tampere", "Helsinki"

_KUOLINPESA = Finnish("kuolinpesä", "kuolinpesän", "kuolinpesää", "kuolinpesästä", "kuolinpesälle", "kuolinpesältä")
_OY = Finnish("Oy", "Oy:n", "Oy:tä", "Oy:stä", "Oy:lle", "Oy:ltä")
_AB = Finnish("Ab", "Ab:n", "Ab:tä", "Ab:stä", "Ab:lle", "Ab:ltä")
_KULMA = Finnish("Kulma", "Kulman", "Kulmaa", "Kulmasta", "Kulmalle", "Kulmalta")
_TAHTI = Finnish("Tähti", "Tähden", "Tähteä", "Tähdestä", "Tähdelle", "Tähdeltä")
_LIIKETALO = Finnish("Liiketalo", "Liiketalon", "Liiketaloa", "Liiketalosta", "Liiketalolle", "Liiketalolta")


class Colleague(Struct, frozen=True):
    """An agent.  The first of the languages is the mother tongue."""

    first_name: str
    last_name: str
    office: str
    writes: tuple[Language, ...]


class Receptionist(Struct, frozen=True):
    """Who answers the telephone for an office."""

    first_name: str
    last_name: str
    code: str
    extension: str
    language: Language


class Person(Struct, frozen=True):
    """Somebody who buys or sells a home."""

    first_name: str
    surname: Finnish
    office: str
    language: Language
    type_code = PartyType.PERSON_PARTY

    @property
    def key(self) -> str:
        return self.surname.word

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.surname.word}"

    def called(self, language: Language, *, shortly: bool) -> Name:
        """By full name, or shortly by the surname alone.  In English a bare surname would be curt."""
        if language is Language.FI:
            return self.surname if shortly else self.surname.after(self.first_name)
        if language is Language.SV:
            return Swedish(self.surname.word if shortly else self.name)
        return English(self.name)


class Estate(Struct, frozen=True):
    """The estate of somebody who has died: it sells, through its shareholders."""

    first_name: str
    surname: str
    genitive: str  # of the surname, in Finnish
    office: str
    language: Language
    type_code = PartyType.ESTATE_PARTY

    @property
    def key(self) -> str:
        return self.surname

    @property
    def name(self) -> str:
        if self.language is Language.SV:
            return f"{self.called(Language.SV, shortly=False)}"
        return f"{self.called(Language.FI, shortly=False)}"

    def called(self, language: Language, *, shortly: bool) -> Name:
        if language is Language.FI:
            return _KUOLINPESA.after(self.genitive if shortly else f"{self.first_name} {self.genitive}")
        if language is Language.SV:
            return Swedish(f"{Swedish(self.surname if shortly else f'{self.first_name} {self.surname}'):s} dödsbo")
        return English(f"the {self.surname} estate")


class Company(Struct, frozen=True):
    """A builder, an investor or a housing company."""

    beginning: str
    end: Finnish
    office: str
    language: Language
    type_code = PartyType.ORGANIZATION_PARTY

    @property
    def key(self) -> str:
        """The name without what kind of company it is."""
        return (
            self.name.removeprefix("Asunto Oy ").removeprefix("Kiinteistö Oy ").removesuffix(" Oy").removesuffix(" Ab")
        )

    @property
    def name(self) -> str:
        return f"{self.beginning} {self.end.word}"

    def called(self, language: Language, *, shortly: bool) -> Name:  # noqa: ARG002 -- companies have no short name
        if language is Language.FI:
            return self.end.after(self.beginning)
        return Swedish(self.name) if language is Language.SV else English(self.name)


Client = Person | Estate | Company


COLLEAGUES = (
    Colleague("Katja", "Nieminen", TAMPERE, (Language.FI, Language.EN)),
    Colleague("Jussi", "Rantala", TAMPERE, (Language.FI, Language.EN)),
    Colleague("Emilia", "Koskela", TAMPERE, (Language.FI, Language.EN)),
    Colleague("Henrik", "Söderholm", HELSINKI, (Language.SV, Language.FI, Language.EN)),
    Colleague("Maria", "Backman", HELSINKI, (Language.SV, Language.FI, Language.EN)),
    Colleague("Antti", "Kallio", HELSINKI, (Language.FI, Language.EN)),
)

RECEPTIONISTS = (
    Receptionist("Satu", "Kinnunen", "TRE1", "2101", Language.FI),
    Receptionist("Oskar", "Wikström", "HKI1", "2201", Language.SV),
    Receptionist("Grace", "Mwangi", "HKI2", "2202", Language.EN),
)

# office|language|first name|surname: nominative, genitive, partitive, elative, allative, ablative
_PERSONS = """
Tampere|fi|Matti|Virtanen Virtasen Virtasta Virtasesta Virtaselle Virtaselta
Tampere|fi|Päivi|Korhonen Korhosen Korhosta Korhosesta Korhoselle Korhoselta
Tampere|fi|Timo|Mäkinen Mäkisen Mäkistä Mäkisestä Mäkiselle Mäkiseltä
Tampere|fi|Sanna|Mäkelä Mäkelän Mäkelää Mäkelästä Mäkelälle Mäkelältä
Tampere|fi|Juha|Hämäläinen Hämäläisen Hämäläistä Hämäläisestä Hämäläiselle Hämäläiseltä
Tampere|fi|Riitta|Laine Laineen Lainetta Laineesta Laineelle Laineelta
Tampere|fi|Mikko|Heikkinen Heikkisen Heikkistä Heikkisestä Heikkiselle Heikkiseltä
Tampere|fi|Anne|Järvinen Järvisen Järvistä Järvisestä Järviselle Järviseltä
Tampere|fi|Pekka|Lehtinen Lehtisen Lehtistä Lehtisestä Lehtiselle Lehtiseltä
Tampere|fi|Tuula|Saarinen Saarisen Saarista Saarisesta Saariselle Saariselta
Tampere|fi|Ville|Niemi Niemen Niemeä Niemestä Niemelle Niemeltä
Tampere|fi|Laura|Salonen Salosen Salosta Salosesta Saloselle Saloselta
Tampere|fi|Olli|Turunen Turusen Turusta Turusesta Turuselle Turuselta
Tampere|fi|Heidi|Ojala Ojalan Ojalaa Ojalasta Ojalalle Ojalalta
Tampere|fi|Kari|Rantanen Rantasen Rantasta Rantasesta Rantaselle Rantaselta
Tampere|fi|Noora|Aalto Aallon Aaltoa Aallosta Aallolle Aallolta
Tampere|fi|Jarkko|Peltola Peltolan Peltolaa Peltolasta Peltolalle Peltolalta
Tampere|en|Emma|Clarke Clarken Clarkea Clarkesta Clarkelle Clarkelta
Tampere|en|Daniel|Okafor Okaforin Okaforia Okaforista Okaforille Okaforilta
Helsinki|fi|Johanna|Karjalainen Karjalaisen Karjalaista Karjalaisesta Karjalaiselle Karjalaiselta
Helsinki|fi|Tero|Savolainen Savolaisen Savolaista Savolaisesta Savolaiselle Savolaiselta
Helsinki|fi|Minna|Hiltunen Hiltusen Hiltusta Hiltusesta Hiltuselle Hiltuselta
Helsinki|fi|Eero|Koskinen Koskisen Koskista Koskisesta Koskiselle Koskiselta
Helsinki|fi|Elina|Ahonen Ahosen Ahosta Ahosesta Ahoselle Ahoselta
Helsinki|fi|Sami|Pitkänen Pitkäsen Pitkästä Pitkäsestä Pitkäselle Pitkäseltä
Helsinki|sv|Anna|Lindström Lindströmin Lindströmiä Lindströmistä Lindströmille Lindströmiltä
Helsinki|sv|Mikael|Nyholm Nyholmin Nyholmia Nyholmista Nyholmille Nyholmilta
Helsinki|sv|Camilla|Sundman Sundmanin Sundmania Sundmanista Sundmanille Sundmanilta
Helsinki|sv|Kristian|Holmström Holmströmin Holmströmiä Holmströmistä Holmströmille Holmströmiltä
Helsinki|sv|Eva|Grönlund Grönlundin Grönlundia Grönlundista Grönlundille Grönlundilta
Helsinki|sv|Johan|Ekström Ekströmin Ekströmiä Ekströmistä Ekströmille Ekströmiltä
Helsinki|sv|Susanna|Fagerholm Fagerholmin Fagerholmia Fagerholmista Fagerholmille Fagerholmilta
Helsinki|sv|Patrik|Sjöblom Sjöblomin Sjöblomia Sjöblomista Sjöblomille Sjöblomilta
Helsinki|en|James|Whitfield Whitfieldin Whitfieldiä Whitfieldistä Whitfieldille Whitfieldiltä
Helsinki|en|Priya|Nair Nairin Nairia Nairista Nairille Nairilta
Helsinki|en|Sofia|Romano Romanon Romanoa Romanosta Romanolle Romanolta
"""


def _person(line: str) -> Person:
    office, language, first_name, surname = line.split("|")
    return Person(first_name, Finnish(*surname.split()), office, Language(language))


PERSONS = tuple(_person(line) for line in _PERSONS.split("\n") if line)

ESTATES = (
    Estate("Aino", "Lehtonen", "Lehtosen", TAMPERE, Language.FI),
    Estate("Veikko", "Salminen", "Salmisen", TAMPERE, Language.FI),
    Estate("Martti", "Heikkilä", "Heikkilän", TAMPERE, Language.FI),
    Estate("Kerttu", "Laaksonen", "Laaksosen", HELSINKI, Language.FI),
    Estate("Göran", "Westerlund", "Westerlundin", HELSINKI, Language.SV),
    Estate("Märta", "Sandell", "Sandellin", HELSINKI, Language.SV),
)

COMPANIES = (
    Company("Näsinrannan Rakennus", _OY, TAMPERE, Language.FI),
    Company("Kiinteistö Oy Kuruntien", _LIIKETALO, TAMPERE, Language.FI),
    Company("Asunto Oy Hervannan", _TAHTI, TAMPERE, Language.FI),
    Company("Stadin Sijoitusasunnot", _OY, HELSINKI, Language.FI),
    Company("Asunto Oy Leppävaaran", _KULMA, HELSINKI, Language.FI),
    Company("Rannikon Kodit", _OY, HELSINKI, Language.FI),
    Company("Nyländska Bostadsbyggarna", _AB, HELSINKI, Language.SV),
    Company("Söderkulla Fastigheter", _AB, HELSINKI, Language.SV),
)

CLIENTS: tuple[Client, ...] = (*PERSONS, *ESTATES, *COMPANIES)
