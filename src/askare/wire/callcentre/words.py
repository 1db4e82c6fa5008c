"""What is wrong with a value, in the caller's language.  The kinds and the English are pydantic's.

`type` and `loc` are for programs and always the same; only `msg` follows Accept-Language.  Contract 1.6.
"""

from __future__ import annotations

from typing import Any

_SAID: dict[str, dict[str, str]] = {
    "missing": {
        "en": "Field required",
        "ru": "Обязательное поле",
        "kk": "Міндетті өріс",
        "fi": "Pakollinen kenttä",
    },
    "string_type": {
        "en": "Input should be a valid string",
        "ru": "Значение должно быть строкой",
        "kk": "Мән жол болуы керек",
        "fi": "Arvon on oltava merkkijono",
    },
    "list_type": {
        "en": "Input should be a valid list",
        "ru": "Значение должно быть списком",
        "kk": "Мән тізім болуы керек",
        "fi": "Arvon on oltava lista",
    },
    "string_too_short": {
        "en": "String should have at least {min_length} character",
        "ru": "Минимальная длина строки: {min_length}",
        "kk": "Жолдың ең аз ұзындығы: {min_length}",
        "fi": "Merkkijonossa on oltava vähintään {min_length} merkki",
    },
    "string_too_long": {
        "en": "String should have at most {max_length} characters",
        "ru": "Максимальная длина строки: {max_length}",
        "kk": "Жолдың ең көп ұзындығы: {max_length}",
        "fi": "Merkkijonossa saa olla enintään {max_length} merkkiä",
    },
    "string_pattern_mismatch": {
        "en": "String should match pattern '{pattern}'",
        "ru": "Строка должна соответствовать шаблону '{pattern}'",
        "kk": "Жол '{pattern}' үлгісіне сәйкес болуы керек",
        "fi": "Merkkijonon on vastattava mallia '{pattern}'",
    },
    "enum": {
        "en": "Input should be {expected}",
        "ru": "Допустимые значения: {expected}",
        "kk": "Рұқсат етілген мәндер: {expected}",
        "fi": "Sallitut arvot: {expected}",
    },
    "int_parsing": {
        "en": "Input should be a valid integer, unable to parse string as an integer",
        "ru": "Значение должно быть целым числом",
        "kk": "Мән бүтін сан болуы керек",
        "fi": "Arvon on oltava kokonaisluku",
    },
    "int_type": {
        "en": "Input should be a valid integer",
        "ru": "Значение должно быть целым числом",
        "kk": "Мән бүтін сан болуы керек",
        "fi": "Arvon on oltava kokonaisluku",
    },
    "greater_than_equal": {
        "en": "Input should be greater than or equal to {ge}",
        "ru": "Значение должно быть не меньше {ge}",
        "kk": "Мән кемінде {ge} болуы керек",
        "fi": "Arvon on oltava vähintään {ge}",
    },
    "less_than_equal": {
        "en": "Input should be less than or equal to {le}",
        "ru": "Значение должно быть не больше {le}",
        "kk": "Мән ең көбі {le} болуы керек",
        "fi": "Arvo saa olla enintään {le}",
    },
    "bool_parsing": {
        "en": "Input should be a valid boolean, unable to interpret input",
        "ru": "Значение должно быть логическим (true или false)",
        "kk": "Мән логикалық болуы керек (true немесе false)",
        "fi": "Arvon on oltava totuusarvo (true tai false)",
    },
    "datetime_parsing": {
        "en": "Input should be a valid datetime, {error}",
        "ru": "Неверные дата и время: {error}",
        "kk": "Күн мен уақыт қате: {error}",
        "fi": "Virheellinen päivämäärä ja aika: {error}",
    },
    "datetime_from_date_parsing": {
        "en": "Input should be a valid datetime or date, {error}",
        "ru": "Неверная дата: {error}",
        "kk": "Күн қате: {error}",
        "fi": "Virheellinen päivämäärä: {error}",
    },
    "datetime_type": {
        "en": "Input should be a valid datetime",
        "ru": "Значение должно быть датой и временем",
        "kk": "Мән күн мен уақыт болуы керек",
        "fi": "Arvon on oltava päivämäärä ja aika",
    },
    "url_parsing": {
        "en": "Input should be a valid URL, {error}",
        "ru": "Неверный адрес: {error}",
        "kk": "Мекенжай қате: {error}",
        "fi": "Virheellinen osoite: {error}",
    },
    "url_scheme": {
        "en": "URL scheme should be {expected_schemes}",
        "ru": "Схема адреса должна быть {expected_schemes}",
        "kk": "Мекенжай схемасы {expected_schemes} болуы керек",
        "fi": "Osoitteen alun on oltava {expected_schemes}",
    },
    "json_invalid": {
        "en": "JSON decode error",
        "ru": "Ошибка разбора JSON",
        "kk": "JSON талдау қатесі",
        "fi": "JSON ei ole luettavissa",
    },
    "model_attributes_type": {
        "en": "Input should be a valid dictionary or object to extract fields from",
        "ru": "Значение должно быть объектом",
        "kk": "Мән объект болуы керек",
        "fi": "Arvon on oltava olio",
    },
    "value_error": {
        "en": "Value error, {error}",
        "ru": "Неверное значение: {error}",
        "kk": "Мән қате: {error}",
        "fi": "Virheellinen arvo: {error}",
    },
    "idempotency_key_reused": {
        "en": "This Idempotency-Key was used for another request",
        "ru": "Этот Idempotency-Key уже использован для другого запроса",
        "kk": "Бұл Idempotency-Key басқа сұраныс үшін қолданылған",
        "fi": "Tätä Idempotency-Key-arvoa on käytetty toiseen pyyntöön",
    },
    "operator_not_found": {
        "en": "Operator not found: neither a code, nor an extension, nor an id of the organization's users",
        "ru": "Оператор не найден: в организации нет такого кода, внутреннего номера или id",
        "kk": "Оператор табылмады: ұйымда мұндай код, ішкі нөмір немесе id жоқ",
        "fi": "Operaattoria ei löydy: organisaatiossa ei ole tällaista koodia, alanumeroa tai id:tä",
    },
    "appeal_not_found": {
        "en": "Appeal not found",
        "ru": "Обращение не найдено",
        "kk": "Өтініш табылмады",
        "fi": "Yhteydenottoa ei löydy",
    },
    "nothing_to_process": {
        "en": "The task has neither a recording nor a transcription to work on",
        "ru": "У задачи нет ни записи, ни расшифровки разговора",
        "kk": "Тапсырмада жазба да, мәтін де жоқ",
        "fi": "Tehtävällä ei ole tallennetta eikä litterointia",
    },
    "status_not_settable": {
        "en": "This is a state of the pipeline and cannot be set; to process again: POST …/reprocess",
        "ru": "Это состояние обработки, его нельзя установить; запустить заново: POST …/reprocess",
        "kk": "Бұл өңдеу күйі, оны орнатуға болмайды; қайта іске қосу: POST …/reprocess",
        "fi": "Tämä on käsittelyn tila, eikä sitä voi asettaa; uudelleen: POST …/reprocess",
    },
}

LANGUAGES = ("en", "ru", "kk", "fi")


def said(kind: str, ctx: dict[str, Any], language: str) -> str:
    """What is wrong, in a language that we have, else in English."""
    forms = _SAID[kind]
    return forms.get(language, forms["en"]).format(**ctx)


def wished_language(accept_language: str | None) -> str:
    """The first language of an Accept-Language header that we have; quality values are taken to be in order."""
    for wish in (accept_language or "").split(",")[:20]:
        language = wish.partition(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"
