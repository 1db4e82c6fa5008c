"""Where the demo data is set: real streets, districts and postcodes of Finland, with made-up homes on them."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from askare.demo.forms import Finnish
from askare.demo.people import HELSINKI, TAMPERE


class Sort(Enum):
    """What can be said of a home: one needs a manager's certificate only of shares, a condition report of houses."""

    BUILT = "built"  # it has rooms
    SHARES = "shares"  # shares of a housing company
    HOUSES = "houses"  # a building of its own
    DWELLINGS = "dwellings"  # somebody moves in
    LAND = "land"


class Home(Struct, frozen=True):
    """A kind of home, as it is spoken of.  Swedish has the definite form, English stands without its article."""

    finnish: Finnish
    swedish: str
    english: str
    sorts: frozenset[Sort]
    property_type: str
    subtype: tuple[str, str] | None = None  # field and code
    wished_in_swedish: str = ""
    wished_in_english: str = ""
    budgets: tuple[int, int] = (0, 0)  # thousands of euros, where people look for one


_FLAT = frozenset({Sort.BUILT, Sort.SHARES, Sort.DWELLINGS})
_APARTMENT = ("residentialTypeCode", "APARTMENT_HOUSE")

HOMES = {
    "1h": Home(
        Finnish("yksiö", "yksiön", "yksiötä", "yksiöstä", ssa="yksiössä", hun="yksiöön"),
        "ettan",
        "studio",
        _FLAT,
        "RESIDENTIAL",
        _APARTMENT,
        "en etta",
        "a studio",
        (90, 220),
    ),
    "2h": Home(
        Finnish("kaksio", "kaksion", "kaksiota", "kaksiosta", ssa="kaksiossa", hun="kaksioon"),
        "tvåan",
        "one-bedroom flat",
        _FLAT,
        "RESIDENTIAL",
        _APARTMENT,
        "en tvåa",
        "a one-bedroom flat",
        (140, 320),
    ),
    "3h": Home(
        Finnish("kolmio", "kolmion", "kolmiota", "kolmiosta", ssa="kolmiossa", hun="kolmioon"),
        "trean",
        "two-bedroom flat",
        _FLAT,
        "RESIDENTIAL",
        _APARTMENT,
        "en trea",
        "a two-bedroom flat",
        (180, 450),
    ),
    "4h": Home(
        Finnish("neliö", "neliön", "neliötä", "neliöstä", ssa="neliössä", hun="neliöön"),
        "fyran",
        "three-bedroom flat",
        _FLAT,
        "RESIDENTIAL",
        _APARTMENT,
        "en fyra",
        "a three-bedroom flat",
        (240, 620),
    ),
    "row": Home(
        Finnish(
            "rivitaloasunto",
            "rivitaloasunnon",
            "rivitaloasuntoa",
            "rivitaloasunnosta",
            ssa="rivitaloasunnossa",
            hun="rivitaloasuntoon",
        ),
        "radhuset",
        "terraced house",
        _FLAT,
        "RESIDENTIAL",
        ("residentialTypeCode", "ROW_HOUSE"),
        "ett radhus",
        "a terraced house",
        (220, 480),
    ),
    "semi": Home(
        Finnish(
            "paritaloasunto",
            "paritaloasunnon",
            "paritaloasuntoa",
            "paritaloasunnosta",
            ssa="paritaloasunnossa",
            hun="paritaloasuntoon",
        ),
        "parhuset",
        "semi-detached house",
        _FLAT,
        "RESIDENTIAL",
        ("residentialTypeCode", "SEMI_DETACHED_HOUSE"),
        "ett parhus",
        "a semi-detached house",
        (240, 520),
    ),
    "house": Home(
        Finnish(
            "omakotitalo", "omakotitalon", "omakotitaloa", "omakotitalosta", ssa="omakotitalossa", hun="omakotitaloon"
        ),
        "egnahemshuset",
        "detached house",
        frozenset({Sort.BUILT, Sort.HOUSES, Sort.DWELLINGS}),
        "RESIDENTIAL",
        ("residentialTypeCode", "DETACHED_HOUSE"),
        "ett egnahemshus",
        "a detached house",
        (230, 690),
    ),
    "cottage": Home(
        Finnish("mökki", "mökin", "mökkiä", "mökistä", ssa="mökillä", hun="mökille"),
        "stugan",
        "cottage",
        frozenset({Sort.BUILT, Sort.HOUSES}),
        "LEISURE",
        ("residentialTypeCode", "COTTAGE"),
    ),
    "plot": Home(
        Finnish("tontti", "tontin", "tonttia", "tontista", ssa="tontilla", hun="tontille"),
        "tomten",
        "plot",
        frozenset({Sort.LAND}),
        "PLOT",
        ("plotPropertyTypeCode", "HOUSE_PLOT"),
    ),
    "forest": Home(
        Finnish("metsätila", "metsätilan", "metsätilaa", "metsätilasta", ssa="metsätilalla", hun="metsätilalle"),
        "skogsfastigheten",
        "forest property",
        frozenset({Sort.LAND}),
        "ESTATE",
        ("estatePropertyTypeCode", "FOREST"),
    ),
    "shop": Home(
        Finnish("liiketila", "liiketilan", "liiketilaa", "liiketilasta", ssa="liiketilassa", hun="liiketilaan"),
        "affärslokalen",
        "retail unit",
        frozenset({Sort.SHARES}),
        "COMMERCIAL_PROPERTY",
    ),
    "parking": Home(
        Finnish(
            "autohallipaikka",
            "autohallipaikan",
            "autohallipaikkaa",
            "autohallipaikasta",
            ssa="autohallipaikalla",
            hun="autohallipaikalle",
        ),
        "garageplatsen",
        "parking space",
        frozenset(),
        "OTHER",
        ("otherPropertyTypeCode", "PARKING_SLOT"),
    ),
}
WISHED_HOMES = tuple(home for home in HOMES.values() if home.budgets != (0, 0))


_STREET_ELEMENTS = (("katu", "kadun"), ("tie", "tien"), ("bulevardi", "Bulevardin"))


class Place(Struct, frozen=True, kw_only=True):
    """One home on one street, and whose it is."""

    office: str
    street: str
    street_sv: str  # empty where the street has no Swedish name
    number: str
    district: str
    postcode: str
    postal_area: str
    locality: str
    home: Home
    layout: str  # empty for what has no rooms
    living_area: float | None
    plot_area: int | None
    year: int | None
    price: int
    owner: str  # key of the client

    @property
    def street_in_finnish(self) -> Finnish:
        """The street with its genitive, Hämeenkadun: the only form that a phrase asks for."""
        for element, genitive in _STREET_ELEMENTS:
            if self.street.casefold().endswith(element):
                return Finnish(self.street, self.street[: -len(element)] + genitive, "", "")
        raise KeyError(self.street)


class Office(Struct, frozen=True):
    key: str
    name: str
    street: str
    district: str
    postcode: str
    locality: str


OFFICES = (
    Office(TAMPERE, "Demo LKV Tampere", "Kauppakatu 4", "Keskusta", "33200", "Tampere"),
    Office(HELSINKI, "Demo LKV Helsinki – Helsingfors", "Aleksanterinkatu 19", "Keskusta", "00100", "Helsinki"),
)

REGIONS = {TAMPERE: ("Pirkanmaa", "FI_PIRKANMAA"), HELSINKI: ("Uusimaa", "FI_UUSIMAA")}


# street|number|district|postcode|postal area, where not the locality|locality|home|layout|living area|own plot|year|
# price|owner
_AROUND_TAMPERE = """
Hämeenkatu|8 B 23|Keskusta|33100||Tampere|2h|2h+kk|47.5||1938|198000|Virtanen
Tuomiokirkonkatu|31 A 12|Kyttälä|33100||Tampere|3h|3h+k+s|78||2006|359000|Korhonen
Hallituskatu|19 C 30|Nalkala|33200||Tampere|1h|1h+kk|28.5||1964|124000|Mäkelä
Pirkankatu|14 A 22|Amuri|33230||Tampere|2h|2h+k|54||1973|168000|Ojala
Pispalan valtatie|45|Pispala|33250||Tampere|house|4h+k+s|112|640|1926|389000|Lehtonen
Sammonkatu|42 B 33|Kaleva|33540||Tampere|3h|3h+k|71.5||1958|189000|Salminen
Teiskontie|9 A 7|Kaleva|33500||Tampere|2h|2h+k|52||1955|157000|Niemi
Itsenäisyydenkatu|15 D 58|Tammela|33500||Tampere|2h|2h+kk|43||1981|169000|Okafor
Pellavatehtaankatu|14 A 36|Tampella|33100||Tampere|4h|4h+k+s|104||2014|569000|Laine
Insinöörinkatu|60 C 71|Hervanta|33720||Tampere|3h|3h+k|74||1977|112000|Hervannan Tähti
Juvankatu|25 B 14|Kaukajärvi|33710||Tampere|3h|3h+k|77.5||1974|128000|Turunen
Vuoreksen puistokatu|76 A 19|Vuores|33870||Tampere|2h|2h+k+s|51||2025|209000|Näsinrannan Rakennus
Nekalantie|34|Nekala|33800||Tampere|house|5h+k+s|138|720|1951|329000|Peltola
Nuolialantie|52 B 5|Härmälä|33900||Tampere|row|4h+k+s|96||1988|248000|Hämäläinen
Lentävänniemenkatu|12 D 44|Lentävänniemi|33410||Tampere|3h|3h+k+s|81||1976|119000|Salonen
Takahuhdintie|88 A|Takahuhti|33560||Tampere|semi|4h+k+s|107||2011|312000|Rantanen
Messukylänkatu|40|Messukylä|33700||Tampere|house|4h+k+s|124|810|1962|275000|Järvinen
Välikatu|17 A 8|Keskusta|37100||Nokia|2h|2h+k|57||1969|94000|Saarinen
Kuruntie|12|Keskusta|33470||Ylöjärvi|shop||132||1989|145000|Kuruntien Liiketalo
Naistenmatkantie|41 C 9|Naistenmatka|33960||Pirkkala|row|3h+k+s|79.5||1996|229000|Heikkinen
Lentolantie|23|Lentola|36220||Kangasala|house|5h+k+s|156|1150|2008|398000|Mäkinen
Tampereentie|18 A 3|Keskusta|37500||Lempäälä|2h|2h+k+s|55.5||2016|178000|Lehtinen
Keskustie|36|Keskusta|35300||Orivesi|house|4h+k+s|118|1320|1957|98000|Heikkilä
Ruhalantie|210|Ruhala|34600||Ruovesi|cottage|2h+kk+s|58|4200|1979|129000|Korhonen
Terälahdentie|480|Terälahti|34260|Terälahti|Tampere|plot|||2150||39000|Näsinrannan Rakennus
Velaatantie|315|Velaatta|34270|Velaatta|Tampere|forest|||145000||112000|Heikkilä
"""

# street|in Swedish|number|… and on as above
_AROUND_HELSINKI = """
Mannerheimintie|Mannerheimvägen|65 A 14|Taka-Töölö|00250||Helsinki|3h|3h+k|84.5||1938|489000|Karjalainen
Fredrikinkatu|Fredriksgatan|16 A 9|Punavuori|00120||Helsinki|2h|2h+k|56||1911|398000|Lindström
Uudenmaankatu|Nylandsgatan|21 C 28|Punavuori|00120||Helsinki|1h|1h+kk|29||1925|229000|Savolainen
Bulevardi|Bulevarden|30 B 11|Hietalahti|00120||Helsinki|4h|4h+k|132||1904|895000|Fagerholm
Tehtaankatu|Fabriksgatan|12 A 5|Ullanlinna|00140||Helsinki|3h|3h+k|91||1908|648000|Holmström
Liisankatu|Elisabetsgatan|19 B 22|Kruununhaka|00170||Helsinki|3h|3h+k|88||1889|529000|Westerlund
Luotsikatu|Lotsgatan|7 A 18|Katajanokka|00160||Helsinki|2h|2h+k|61||1905|435000|Whitfield
Runeberginkatu|Runebergsgatan|46 C 31|Etu-Töölö|00260||Helsinki|1h|1h+kk|31.5||1937|215000|Hiltunen
Vaasankatu|Vasagatan|17 B 35|Harju|00500||Helsinki|1h|1h+kk|26||1928|149000|Stadin Sijoitusasunnot
Siltasaarenkatu|Broholmsgatan|14 A 27|Kallio|00530||Helsinki|2h|2h+kk|45||1939|259000|Ahonen
Lauttasaarentie|Drumsövägen|28 A 6|Lauttasaari|00200||Helsinki|3h|3h+k|76||1957|369000|Grönlund
Munkkiniemen puistotie|Munksnäs allé|14 B 19|Munkkiniemi|00330||Helsinki|4h|4h+k+s|118||1938|698000|Ekström
Pohjolankatu|Pohjolagatan|33 A|Käpylä|00610||Helsinki|semi|4h+k+s|102||1923|545000|Koskinen
Hiihtomäentie|Skidbacksvägen|29 B 12|Herttoniemi|00800||Helsinki|2h|2h+k|54.5||1954|189000|Laaksonen
Hopeasalmentie|Silversundsvägen|20|Kulosaari|00570||Helsinki|house|6h+k+s|214|1480|1934|1280000|Sjöblom
Laajasalontie|Degerövägen|74 D 4|Laajasalo|00840||Helsinki|row|4h+k+s|98||1985|319000|Pitkänen
Välimerenkatu|Medelhavsgatan|10 A 47|Jätkäsaari|00220||Helsinki|2h|2h+kk+s|49||2025|389000|Nyländska Bostadsbyggarna
Haukilahdenkatu|Gäddviksgatan|8 C 11|Haukilahti|02170||Espoo|row|5h+k+s|126||1979|429000|Nyholm
Leppävaarankatu|Albergagatan|7|Leppävaara|02600||Espoo|parking||||2004|24000|Leppävaaran Kulma
Kauniaistentie|Grankullavägen|12|Keskusta|02700||Kauniainen|house|6h+k+s|187|1240|1998|845000|Sundman
Asematie|Stationsvägen|5 A 29|Tikkurila|01300||Vantaa|3h|3h+k+s|69.5||2023|315000|Rannikon Kodit
Masalantie|Masabyvägen|268|Masala|02430|Masala|Kirkkonummi|plot|||1860||118000|Söderkulla Fastigheter
Jokikatu|Ågatan|22|Vanhakaupunki|06100||Porvoo|house|3h+k+s|94|380|1832|365000|Sandell
Barösundintie|Barösundsvägen|540|Barösund|10270|Barösund|Inkoo|cottage|3h+k+s|74|5600|1968|245000|Fagerholm
"""


def _place(line: str, *, office: str) -> Place:
    street, *rest = line.split("|")
    street_sv = rest.pop(0) if office == HELSINKI else ""
    number, district, postcode, postal_area, locality, home, layout, living_area, plot_area, year, price, owner = rest
    return Place(
        office=office,
        street=street,
        street_sv=street_sv,
        number=number,
        district=district,
        postcode=postcode,
        postal_area=postal_area or locality,
        locality=locality,
        home=HOMES[home],
        layout=layout,
        living_area=float(living_area) if living_area else None,
        plot_area=int(plot_area) if plot_area else None,
        year=int(year) if year else None,
        price=int(price),
        owner=owner,
    )


PLACES = (
    *(_place(line, office=TAMPERE) for line in _AROUND_TAMPERE.split("\n") if line),
    *(_place(line, office=HELSINKI) for line in _AROUND_HELSINKI.split("\n") if line),
)
