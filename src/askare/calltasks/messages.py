"""What an operator is told when a stage could not be done: what happened, and what comes next.  Contract 4.5."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from askare.calltasks.model import ErrorCode

DETAIL_LETTERS_MAX = 200

# For each code, in Russian, Kazakh, Finnish, Swedish and English.
_SENTENCES: dict[ErrorCode, dict[str, str]] = {
    ErrorCode.RECORDING_NOT_FOUND: {
        "ru": "Записи разговора нет по указанному адресу: она ещё не загружена или срок ссылки истёк.",
        "kk": "Көрсетілген мекенжайда әңгіме жазбасы жоқ: ол әлі жүктелмеген немесе сілтеменің мерзімі өткен.",
        "fi": "Tallennetta ei ole annetussa osoitteessa: sitä ei ole vielä ladattu tai linkki on vanhentunut.",
        "sv": "Inspelningen finns inte på den angivna adressen: den är inte uppladdad än eller så har länken gått ut.",
        "en": "The recording is not at its address: it is not uploaded yet, or the link has expired.",
    },
    ErrorCode.RECORDING_FORBIDDEN: {
        "ru": "Сервер записей не разрешает открыть запись; администратор должен настроить доступ.",
        "kk": "Жазба сервері жазбаны ашуға рұқсат бермейді; әкімші қолжетімділікті баптауы керек.",
        "fi": "Tallennepalvelin ei anna avata tallennetta; ylläpitäjän on asetettava käyttöoikeus.",
        "sv": "Inspelningsservern tillåter inte att inspelningen öppnas; administratören måste ge åtkomst.",
        "en": "The recording server does not let us open the recording; the administrator has to set access.",
    },
    ErrorCode.RECORDING_UNREACHABLE: {
        "ru": "Сервер записей не отвечает.",
        "kk": "Жазба сервері жауап бермейді.",
        "fi": "Tallennepalvelin ei vastaa.",
        "sv": "Inspelningsservern svarar inte.",
        "en": "The recording server does not answer.",
    },
    ErrorCode.RECORDING_BLOCKED: {
        "ru": "Адрес записи не входит в список разрешённых; администратор может добавить его (ASKARE_OUTBOUND_ALLOW).",
        "kk": "Жазба мекенжайы рұқсат етілгендер тізімінде жоқ; оны әкімші қоса алады (ASKARE_OUTBOUND_ALLOW).",
        "fi": "Tallenteen osoite ei ole sallittujen joukossa; ylläpitäjä voi lisätä sen (ASKARE_OUTBOUND_ALLOW).",
        "sv": "Inspelningens adress är inte tillåten; administratören kan lägga till den (ASKARE_OUTBOUND_ALLOW).",
        "en": "The address of the recording is not on the allowed list; the administrator can add it"
        " (ASKARE_OUTBOUND_ALLOW).",
    },
    ErrorCode.RECORDING_TOO_LARGE: {
        "ru": "Файл записи слишком большой: допускается не более 200 МБ.",
        "kk": "Жазба файлы тым үлкен: ең көбі 200 МБ болуы мүмкін.",
        "fi": "Tallennetiedosto on liian suuri: enintään 200 Mt.",
        "sv": "Inspelningsfilen är för stor: högst 200 MB.",
        "en": "The recording is too large: at most 200 MB.",
    },
    ErrorCode.RECORDING_TOO_LONG: {
        "ru": "Запись слишком длинная: допускается не более 4 часов.",
        "kk": "Жазба тым ұзақ: ең көбі 4 сағат болуы мүмкін.",
        "fi": "Tallenne on liian pitkä: enintään 4 tuntia.",
        "sv": "Inspelningen är för lång: högst 4 timmar.",
        "en": "The recording is too long: at most 4 hours.",
    },
    ErrorCode.UNSUPPORTED_AUDIO: {
        "ru": "Формат записи не читается. Поддерживаются WAV (PCM, A-law, µ-law, GSM), MP3, Ogg, FLAC и M4A.",
        "kk": "Жазба пішімі оқылмайды. WAV (PCM, A-law, µ-law, GSM), MP3, Ogg, FLAC және M4A қолданылады.",
        "fi": "Tallenteen muotoa ei voida lukea. Tuettuja ovat WAV (PCM, A-law, µ-law, GSM), MP3, Ogg, FLAC ja M4A.",
        "sv": "Inspelningens format kan inte läsas. WAV (PCM, A-law, µ-law, GSM), MP3, Ogg, FLAC och M4A stöds.",
        "en": "The recording's format cannot be read. Supported: WAV (PCM, A-law, µ-law, GSM), MP3, Ogg, FLAC, M4A.",
    },
    ErrorCode.NO_SPEECH: {
        "ru": "В записи нет речи.",
        "kk": "Жазбада сөйлеу жоқ.",
        "fi": "Tallenteessa ei puhuta.",
        "sv": "Ingen talar i inspelningen.",
        "en": "Nothing is said in the recording.",
    },
    ErrorCode.PROVIDER_NOT_CONFIGURED: {
        "ru": "Сервис распознавания речи не настроен; его может добавить администратор"
        " (ASKARE_TRANSCRIPTION_PROVIDERS). С задачей можно работать.",
        "kk": "Сөйлеуді тану қызметі бапталмаған; оны әкімші қоса алады (ASKARE_TRANSCRIPTION_PROVIDERS)."
        " Тапсырмамен жұмыс істеуге болады.",
        "fi": "Puheentunnistusta ei ole otettu käyttöön; ylläpitäjä voi lisätä sen (ASKARE_TRANSCRIPTION_PROVIDERS)."
        " Tehtävää voi silti hoitaa.",
        "sv": "Ingen taligenkänning är inställd; administratören kan lägga till en (ASKARE_TRANSCRIPTION_PROVIDERS)."
        " Uppgiften kan ändå skötas.",
        "en": "No transcription service is set up; the administrator can add one (ASKARE_TRANSCRIPTION_PROVIDERS)."
        " The task can be worked on all the same.",
    },
    ErrorCode.PROVIDER_AUTH: {
        "ru": "Внешний сервис не принял ключ; администратор должен его проверить.",
        "kk": "Сыртқы қызмет кілтті қабылдамады; әкімші оны тексеруі керек.",
        "fi": "Ulkoinen palvelu ei hyväksynyt avainta; ylläpitäjän on tarkistettava se.",
        "sv": "Den externa tjänsten godtog inte nyckeln; administratören måste kontrollera den.",
        "en": "The outside service refused our key; the administrator has to check it.",
    },
    ErrorCode.PROVIDER_MODEL_MISSING: {
        "ru": "Внешний сервис не знает такой модели или адреса; администратор должен их проверить.",
        "kk": "Сыртқы қызмет мұндай модельді немесе мекенжайды білмейді; әкімші тексеруі керек.",
        "fi": "Ulkoinen palvelu ei tunne mallia tai osoitetta; ylläpitäjän on tarkistettava ne.",
        "sv": "Den externa tjänsten känner inte till modellen eller adressen; administratören måste kontrollera dem.",
        "en": "The outside service knows no such model or address; it may have to be installed there first.",
    },
    ErrorCode.PROVIDER_QUOTA: {
        "ru": "На счёте внешнего сервиса закончились средства; администратор должен его пополнить.",
        "kk": "Сыртқы қызмет шотында қаражат таусылды; әкімші оны толтыруы керек.",
        "fi": "Ulkoisen palvelun saldo on loppunut; ylläpitäjän on lisättävä sitä.",
        "sv": "Kontot hos den externa tjänsten är tomt; administratören måste fylla på det.",
        "en": "The account at the outside service has no credit left; the administrator has to top it up.",
    },
    ErrorCode.PROVIDER_RATE_LIMITED: {
        "ru": "Внешний сервис перегружен запросами.",
        "kk": "Сыртқы қызметке сұраныс тым көп.",
        "fi": "Ulkoinen palvelu ottaa vastaan pyyntöjä rajoitetusti.",
        "sv": "Den externa tjänsten begränsar antalet förfrågningar.",
        "en": "The outside service limits how often it may be asked.",
    },
    ErrorCode.PROVIDER_TIMEOUT: {
        "ru": "Внешний сервис не ответил вовремя.",
        "kk": "Сыртқы қызмет уақытында жауап бермеді.",
        "fi": "Ulkoinen palvelu ei vastannut ajoissa.",
        "sv": "Den externa tjänsten svarade inte i tid.",
        "en": "The outside service did not answer in time.",
    },
    ErrorCode.PROVIDER_UNAVAILABLE: {
        "ru": "Внешний сервис сейчас недоступен.",
        "kk": "Сыртқы қызмет қазір қолжетімсіз.",
        "fi": "Ulkoinen palvelu ei ole nyt käytettävissä.",
        "sv": "Den externa tjänsten är inte tillgänglig just nu.",
        "en": "The outside service is not available at the moment.",
    },
    ErrorCode.PROVIDER_REJECTED: {
        "ru": "Внешний сервис отклонил запрос.",
        "kk": "Сыртқы қызмет сұранысты қабылдамады.",
        "fi": "Ulkoinen palvelu hylkäsi pyynnön.",
        "sv": "Den externa tjänsten avvisade förfrågan.",
        "en": "The outside service rejected the request.",
    },
    ErrorCode.PROVIDER_BAD_RESPONSE: {
        "ru": "Ответ внешнего сервиса непригоден.",
        "kk": "Сыртқы қызметтің жауабы жарамсыз.",
        "fi": "Ulkoisen palvelun vastaus on käyttökelvoton.",
        "sv": "Den externa tjänstens svar går inte att använda.",
        "en": "The answer of the outside service cannot be used.",
    },
    ErrorCode.INSUFFICIENT_CONTENT: {
        "ru": "Разговор слишком короткий для резюме.",
        "kk": "Әңгіме қорытынды жасауға тым қысқа.",
        "fi": "Puhelu on liian lyhyt tiivistettäväksi.",
        "sv": "Samtalet är för kort för att sammanfattas.",
        "en": "The conversation is too short to summarise.",
    },
    ErrorCode.INTERNAL: {
        "ru": "Внутренняя ошибка при обработке записи.",
        "kk": "Жазбаны өңдеу кезінде ішкі қате шықты.",
        "fi": "Tallenteen käsittelyssä tapahtui sisäinen virhe.",
        "sv": "Ett internt fel inträffade när inspelningen behandlades.",
        "en": "An internal fault while the recording was processed.",
    },
}

_NEXT_TRY = {
    "ru": "Следующая попытка в {time}.",
    "kk": "Келесі әрекет {time}-де.",
    "fi": "Seuraava yritys kello {time}.",
    "sv": "Nästa försök kl. {time}.",
    "en": "Next try at {time}.",
}
_NO_MORE = {
    "ru": "Больше попыток не будет; обработку можно запустить заново.",
    "kk": "Енді әрекет жасалмайды; өңдеуді қайта бастауға болады.",
    "fi": "Uusia yrityksiä ei tehdä; käsittelyn voi käynnistää uudelleen.",
    "sv": "Inga fler försök görs; behandlingen kan startas om.",
    "en": "There will be no further try; processing can be started again.",
}
_DETAIL = {"ru": "Подробности", "kk": "Толығырақ", "fi": "Lisätietoja", "sv": "Mer", "en": "Details"}

LANGUAGES = tuple(_NEXT_TRY)


def message(
    code: ErrorCode, *, language: str, detail: str = "", next_try: datetime | None = None, time_zone: str = "UTC"
) -> str:
    """What happened, in the operator's language (English where it is none of ours), and what comes next."""
    language = language.partition("-")[0].lower()
    if language not in LANGUAGES:
        language = "en"
    parts = [_SENTENCES[code][language]]
    if detail:
        shown = " ".join(detail.split())
        shown = shown if len(shown) <= DETAIL_LETTERS_MAX else f"{shown[:DETAIL_LETTERS_MAX]}…"
        parts.append(f"{_DETAIL[language]}: {shown.rstrip('.')}.")
    if next_try is not None:
        parts.append(_NEXT_TRY[language].format(time=f"{next_try.astimezone(ZoneInfo(time_zone)):%H:%M}"))
    elif code is not ErrorCode.PROVIDER_NOT_CONFIGURED:
        parts.append(_NO_MORE[language])
    return " ".join(parts)
