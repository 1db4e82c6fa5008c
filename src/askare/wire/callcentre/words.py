"""What is wrong with a value, in the caller's language.  The kinds and the English are pydantic's.

`type` and `loc` are for programs and always the same; only `msg` follows Accept-Language.  Contract 1.6.
"""

from __future__ import annotations

import re
from typing import Any

_SAID: dict[str, dict[str, str]] = {
    "missing": {
        "en": "Field required",
        "ru": "Обязательное поле",
        "kk": "Міндетті өріс",
        "fi": "Pakollinen kenttä",
        "sv": "Obligatoriskt fält",
    },
    "string_type": {
        "en": "Input should be a valid string",
        "ru": "Значение должно быть строкой",
        "kk": "Мән жол болуы керек",
        "fi": "Arvon on oltava merkkijono",
        "sv": "Värdet ska vara en sträng",
    },
    "list_type": {
        "en": "Input should be a valid list",
        "ru": "Значение должно быть списком",
        "kk": "Мән тізім болуы керек",
        "fi": "Arvon on oltava lista",
        "sv": "Värdet ska vara en lista",
    },
    "string_too_short": {
        "en": "String should have at least {min_length} character",
        "ru": "Минимальная длина строки: {min_length}",
        "kk": "Жолдың ең аз ұзындығы: {min_length}",
        "fi": "Merkkijonossa on oltava vähintään {min_length} merkki",
        "sv": "Strängen ska ha minst {min_length} tecken",
    },
    "string_too_long": {
        "en": "String should have at most {max_length} characters",
        "ru": "Максимальная длина строки: {max_length}",
        "kk": "Жолдың ең көп ұзындығы: {max_length}",
        "fi": "Merkkijonossa saa olla enintään {max_length} merkkiä",
        "sv": "Strängen får ha högst {max_length} tecken",
    },
    "string_pattern_mismatch": {
        "en": "String should match pattern '{pattern}'",
        "ru": "Строка должна соответствовать шаблону '{pattern}'",
        "kk": "Жол '{pattern}' үлгісіне сәйкес болуы керек",
        "fi": "Merkkijonon on vastattava mallia '{pattern}'",
        "sv": "Strängen ska följa mönstret '{pattern}'",
    },
    "enum": {
        "en": "Input should be {expected}",
        "ru": "Допустимые значения: {expected}",
        "kk": "Рұқсат етілген мәндер: {expected}",
        "fi": "Sallitut arvot: {expected}",
        "sv": "Tillåtna värden: {expected}",
    },
    "int_parsing": {
        "en": "Input should be a valid integer, unable to parse string as an integer",
        "ru": "Значение должно быть целым числом",
        "kk": "Мән бүтін сан болуы керек",
        "fi": "Arvon on oltava kokonaisluku",
        "sv": "Värdet ska vara ett heltal",
    },
    "int_type": {
        "en": "Input should be a valid integer",
        "ru": "Значение должно быть целым числом",
        "kk": "Мән бүтін сан болуы керек",
        "fi": "Arvon on oltava kokonaisluku",
        "sv": "Värdet ska vara ett heltal",
    },
    "greater_than_equal": {
        "en": "Input should be greater than or equal to {ge}",
        "ru": "Значение должно быть не меньше {ge}",
        "kk": "Мән кемінде {ge} болуы керек",
        "fi": "Arvon on oltava vähintään {ge}",
        "sv": "Värdet ska vara minst {ge}",
    },
    "less_than_equal": {
        "en": "Input should be less than or equal to {le}",
        "ru": "Значение должно быть не больше {le}",
        "kk": "Мән ең көбі {le} болуы керек",
        "fi": "Arvo saa olla enintään {le}",
        "sv": "Värdet får vara högst {le}",
    },
    "bool_parsing": {
        "en": "Input should be a valid boolean, unable to interpret input",
        "ru": "Значение должно быть логическим (true или false)",
        "kk": "Мән логикалық болуы керек (true немесе false)",
        "fi": "Arvon on oltava totuusarvo (true tai false)",
        "sv": "Värdet ska vara ett sanningsvärde (true eller false)",
    },
    "datetime_parsing": {
        "en": "Input should be a valid datetime, {error}",
        "ru": "Неверные дата и время: {error}",
        "kk": "Күн мен уақыт қате: {error}",
        "fi": "Virheellinen päivämäärä ja aika: {error}",
        "sv": "Ogiltig tidpunkt: {error}",
    },
    "datetime_from_date_parsing": {
        "en": "Input should be a valid datetime or date, {error}",
        "ru": "Неверная дата: {error}",
        "kk": "Күн қате: {error}",
        "fi": "Virheellinen päivämäärä: {error}",
        "sv": "Ogiltigt datum: {error}",
    },
    "datetime_type": {
        "en": "Input should be a valid datetime",
        "ru": "Значение должно быть датой и временем",
        "kk": "Мән күн мен уақыт болуы керек",
        "fi": "Arvon on oltava päivämäärä ja aika",
        "sv": "Värdet ska vara datum och tid",
    },
    "url_parsing": {
        "en": "Input should be a valid URL, {error}",
        "ru": "Неверный адрес: {error}",
        "kk": "Мекенжай қате: {error}",
        "fi": "Virheellinen osoite: {error}",
        "sv": "Ogiltig adress: {error}",
    },
    "url_scheme": {
        "en": "URL scheme should be {expected_schemes}",
        "ru": "Схема адреса должна быть {expected_schemes}",
        "kk": "Мекенжай схемасы {expected_schemes} болуы керек",
        "fi": "Osoitteen alun on oltava {expected_schemes}",
        "sv": "Adressen ska börja med {expected_schemes}",
    },
    "json_invalid": {
        "en": "JSON decode error",
        "ru": "Ошибка разбора JSON",
        "kk": "JSON талдау қатесі",
        "fi": "JSON ei ole luettavissa",
        "sv": "JSON går inte att läsa",
    },
    "model_attributes_type": {
        "en": "Input should be a valid dictionary or object to extract fields from",
        "ru": "Значение должно быть объектом",
        "kk": "Мән объект болуы керек",
        "fi": "Arvon on oltava olio",
        "sv": "Värdet ska vara ett objekt",
    },
    "value_error": {
        "en": "Value error, {error}",
        "ru": "Неверное значение: {error}",
        "kk": "Мән қате: {error}",
        "fi": "Virheellinen arvo: {error}",
        "sv": "Ogiltigt värde: {error}",
    },
    "idempotency_key_reused": {
        "en": "This Idempotency-Key was used for another request",
        "ru": "Этот Idempotency-Key уже использован для другого запроса",
        "kk": "Бұл Idempotency-Key басқа сұраныс үшін қолданылған",
        "fi": "Tätä Idempotency-Key-arvoa on käytetty toiseen pyyntöön",
        "sv": "Denna Idempotency-Key har använts för en annan begäran",
    },
    "operator_not_found": {
        "en": "Operator not found: neither a code, nor an extension, nor an id of the organization's users",
        "ru": "Оператор не найден: в организации нет такого кода, внутреннего номера или id",
        "kk": "Оператор табылмады: ұйымда мұндай код, ішкі нөмір немесе id жоқ",
        "fi": "Operaattoria ei löydy: organisaatiossa ei ole tällaista koodia, alanumeroa tai id:tä",
        "sv": "Operatören finns inte: organisationen har ingen sådan kod, anknytning eller id",
    },
    "appeal_not_found": {
        "en": "Appeal not found",
        "ru": "Обращение не найдено",
        "kk": "Өтініш табылмады",
        "fi": "Yhteydenottoa ei löydy",
        "sv": "Ärendet finns inte",
    },
    "nothing_to_process": {
        "en": "The task has neither a recording nor a transcription to work on",
        "ru": "У задачи нет ни записи, ни расшифровки разговора",
        "kk": "Тапсырмада жазба да, мәтін де жоқ",
        "fi": "Tehtävällä ei ole tallennetta eikä litterointia",
        "sv": "Uppgiften har varken inspelning eller utskrift",
    },
    "status_not_settable": {
        "en": "This is a state of the pipeline and cannot be set; to process again: POST …/reprocess",
        "ru": "Это состояние обработки, его нельзя установить; запустить заново: POST …/reprocess",
        "kk": "Бұл өңдеу күйі, оны орнатуға болмайды; қайта іске қосу: POST …/reprocess",
        "fi": "Tämä on käsittelyn tila, eikä sitä voi asettaa; uudelleen: POST …/reprocess",
        "sv": "Detta är ett läge i bearbetningen och kan inte sättas; bearbeta på nytt: POST …/reprocess",
    },
}

# What a message names in its middle.  Programs find the English in `ctx`.
_NAMED: dict[str, dict[str, str]] = {
    "ru": {
        "not a telephone number": "не номер телефона",
        "must be whsec_ and 24 to 64 bytes in base64": "нужно whsec_ и от 24 до 64 байт в base64",
        " or ": " или ",
        "input is too short": "значение слишком короткое",
        "invalid character in year": "недопустимый знак в годе",
        "invalid character in month": "недопустимый знак в месяце",
        "invalid character in day": "недопустимый знак в числе",
        "invalid date separator, expected `-`": "части даты разделяет `-`",
        "month value is outside expected range of 1-12": "месяц должен быть от 1 до 12",
        "day value is outside expected range": "такого числа в месяце нет",
        "unexpected extra characters at the end of the input": "после даты стоит лишнее или неверное время",
        "must lie between the years 1900 and 2200": "годы от 1900 до 2200",
        "empty host": "нет имени сервера",
        "invalid authority": "неверное имя сервера или порт",
        "invalid character": "недопустимый знак",
    },
    "kk": {
        "not a telephone number": "телефон нөмірі емес",
        "must be whsec_ and 24 to 64 bytes in base64": "whsec_ және base64 түріндегі 24-тен 64 байтқа дейін керек",
        " or ": " немесе ",
        "input is too short": "мән тым қысқа",
        "invalid character in year": "жылда жарамсыз таңба бар",
        "invalid character in month": "айда жарамсыз таңба бар",
        "invalid character in day": "күнде жарамсыз таңба бар",
        "invalid date separator, expected `-`": "күн бөліктерін `-` бөледі",
        "month value is outside expected range of 1-12": "ай 1 мен 12 аралығында болуы керек",
        "day value is outside expected range": "бұл айда мұндай күн жоқ",
        "unexpected extra characters at the end of the input": "күннен кейін артық таңба немесе қате уақыт тұр",
        "must lie between the years 1900 and 2200": "1900 және 2200 жылдар аралығында болуы керек",
        "empty host": "сервер аты жоқ",
        "invalid authority": "сервер аты немесе порт қате",
        "invalid character": "жарамсыз таңба",
    },
    "fi": {
        "not a telephone number": "ei ole puhelinnumero",
        "must be whsec_ and 24 to 64 bytes in base64": "oltava whsec_ ja 24–64 tavua base64-muodossa",
        " or ": " tai ",
        "input is too short": "arvo on liian lyhyt",
        "invalid character in year": "vuodessa on väärä merkki",
        "invalid character in month": "kuukaudessa on väärä merkki",
        "invalid character in day": "päivässä on väärä merkki",
        "invalid date separator, expected `-`": "päivämäärän osien välissä on `-`",
        "month value is outside expected range of 1-12": "kuukauden on oltava 1–12",
        "day value is outside expected range": "kuukaudessa ei ole tällaista päivää",
        "unexpected extra characters at the end of the input": "päivämäärän jäljessä on ylimääräistä tai väärä aika",
        "must lie between the years 1900 and 2200": "vuoden on oltava 1900–2200",
        "empty host": "palvelimen nimi puuttuu",
        "invalid authority": "palvelimen nimi tai portti on väärä",
        "invalid character": "väärä merkki",
    },
    "sv": {
        "not a telephone number": "inget telefonnummer",
        "must be whsec_ and 24 to 64 bytes in base64": "ska vara whsec_ och 24 till 64 byte i base64",
        " or ": " eller ",
        "input is too short": "värdet är för kort",
        "invalid character in year": "ogiltigt tecken i året",
        "invalid character in month": "ogiltigt tecken i månaden",
        "invalid character in day": "ogiltigt tecken i dagen",
        "invalid date separator, expected `-`": "datumets delar skiljs åt med `-`",
        "month value is outside expected range of 1-12": "månaden ska vara 1–12",
        "day value is outside expected range": "månaden har ingen sådan dag",
        "unexpected extra characters at the end of the input": "efter datumet står något överflödigt eller en fel tid",
        "must lie between the years 1900 and 2200": "året ska vara 1900–2200",
        "empty host": "servernamnet saknas",
        "invalid authority": "fel servernamn eller port",
        "invalid character": "ogiltigt tecken",
    },
}

LANGUAGES = ("en", "ru", "kk", "fi", "sv")


def said(kind: str, ctx: dict[str, Any], language: str) -> str:
    """What is wrong, in a language that we have, else in English."""
    forms = _SAID[kind]
    words = _NAMED.get(language, {})
    named = {name: _in_words(value, words) for name, value in ctx.items()}
    return forms.get(language, forms["en"]).format(**named)


def _in_words(value: Any, words: dict[str, str]) -> Any:
    if not isinstance(value, str) or not words:
        return value
    return words.get(value) or value.replace("' or '", f"'{words[' or ']}'")


def wished_language(accept_language: str | None) -> str:
    """The language of an Accept-Language header that is liked best among those that we have; the first of equals."""
    best, best_liked = "en", 0.0
    for wish in (accept_language or "").split(",")[:20]:
        named, _, liked = wish.partition(";")
        language = named.strip().partition("-")[0].lower()
        weight = _weight(liked)
        if language in LANGUAGES and weight > best_liked:
            best, best_liked = language, weight
    return best


_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", re.IGNORECASE)


def _weight(parameter: str) -> float:
    """The quality value of a wish; without one, or with one that nobody can read, it is wished for wholly."""
    found = _WEIGHT.fullmatch(parameter)
    return float(found[1]) if found else 1.0
