"""What gives a sentence away, language by language: a wish, a promise, a moment, a greeting, who is speaking.

Patterns are matched at the beginning of a word in text folded by `folded`; a pattern that does not end in `\\b` finds
all words that begin so.  They name ways of speaking, not matters: no call centre's own vocabulary is needed.
"""

# ruff: noqa: E501, SIM905  -- one way of speaking a line, and words as one writes them
from __future__ import annotations

import re
from enum import Enum

from msgspec import Struct


class Language(Enum):
    RU = "ru"
    KK = "kk"
    FI = "fi"
    SV = "sv"
    EN = "en"


class Cues(Struct, frozen=True):
    """The patterns of one language."""

    wish: re.Pattern[str]  # asks for something
    trouble: re.Pattern[str]  # something is not as it should be
    promise: re.Pattern[str]  # will be done, was done, has to be done by the caller
    moment: re.Pattern[str]  # when, by when
    name: re.Pattern[str]  # says who is speaking
    courtesy: re.Pattern[str]  # greetings, thanks, farewells: no content of their own
    filler: re.Pattern[str]  # words at the beginning that may fall away
    opening: re.Pattern[str]  # how an answering side opens, asks and closes
    calling: re.Pattern[str]  # how a caller speaks
    question: re.Pattern[str]  # begins a question, where no question mark tells
    joint: re.Pattern[str]  # a new thought may begin here, where no full stop tells
    answer: re.Pattern[str]  # a turn of somebody else often begins so


def _any(text: str) -> re.Pattern[str]:
    parts = [part.strip() for part in text.strip().splitlines() if part.strip()]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


def folded(text: str) -> str:
    """Lower case, one kind of apostrophe, ё as е."""
    return text.lower().replace("ё", "е").replace("’", "'").replace("`", "'")


_RU = Cues(
    wish=_any(r"""
        хо(?:чу|тим|тел|телось)\w*
        нужн[оаыя]?\w*
        надо\b
        прош[уе]\b
        просим\b
        (?!извин|здравств|скажите|прост|подожд|слуша|назов|уточн)\w{2,}(?:йте|ите|ьте)\b
        заодно\b
        (?:и )?еще (?:хо|ну|на|од|во|пр|у)\w*
        можно(?: ли)?\b
        могу ли\b
        можете\b
        не могли бы\b
        могли бы\b
        помогите
        подскажите
        скажите
        отмен\w+
        перенес\w+
        заказать
        записать(?:ся)?\b
        оформить
        вернуть
        узнать
        выяснить
        проверьте
        пришлите
        вызвать
        поменять
        заменить
        подключить
        отключите
        перезвоните
        когда (?:же )?(?:будет|включат|дадут|приедет|придет|привезут)
        жалоб\w+
        пожаловаться
        заявк[уи]
        интересует
        звоню[, ]+(?:по|чтобы|насчет|потому|узнать)
        звоню\b
        по поводу
        насчет
        дело в том
        вопрос (?:по|такой|о)\b
    """),
    trouble=_any(r"""
        не (?:работа|приш|получ|включ|могу|можем|открыв|прив|приех|показыв|загруж|греет|горит|идет|прох|соответств)\w*
        нет (?:воды|света|горяч|холодн|отоплен|газа|интернет|связи|сигнал|ответа|доступа|сети|ключ)\w*
        сломал\w*
        прорвал\w*
        течет
        протек\w+
        пропал\w*
        потерял\w*
        заблокир\w+
        дважды
        ошибк\w+
        ошибочн\w+
        отключ\w+
        завис\w+
        застрял\w*
        поврежд\w+
        брак\b
        списал\w+
        не тот\b
        опозда\w+
        задерж\w+
        уже (?:\w+ )?(?:дн|дня|день|раз|недел|час|месяц|втор|трет)\w*
        до сих пор
        проблем\w+
        шум\w*
        запах\w*
    """),
    promise=_any(r"""
        (?:от|вы|при|пере|на)прав(?:им|лю|лен|лена|лено|лены)\b
        отправл\w+
        вышл(?:ем|ю)\b
        пришл(?:ем|ю|ют)\b
        прие(?:дет|дут|дем)\b
        прид(?:ет|ут)\b
        подъед\w+
        привез\w+
        достав(?:им|ят|лю|ит)\b
        перезвон(?:ю|им|ят|ит)\b
        позвон(?:ю|им|ят|ит)\b
        свяж(?:емся|усь|утся|ется)\b
        сообщ(?:им|у|ат|ит)\b
        уведом\w+
        провер(?:ю|им|ят|ила|ил)\b
        уточн(?:ю|им)\b
        переда(?:м|дим|ли|ла|л|на|но|н)\b
        зарегистрир\w+
        оформ(?:лю|им|ила|ил|лена|лен|или)\b
        запис(?:ал\w*|ываю)\b
        запиш(?:у|ем)\b
        вернем\b
        верн(?:ут|у|ется)\b
        возврат\w*
        замен(?:им|ят|ю)\b
        устран(?:им|ят|ят)\b
        исправ(?:им|ят|лю|ила|ил)\b
        почин(?:им|ят)\b
        включ(?:им|ат)\b
        восстанов\w+
        подключ(?:им|ат|ила|ил|у)\b
        сдела(?:ем|ю|ют)\b
        подготов\w+
        продл\w+
        зачисл\w+
        пересч\w+
        начисл\w+
        отмен(?:ила|ил|яю|им|ена|ен)\b
        перен(?:есла|ес|осим|ошу|есем)\b
        будет\b
        будут\b
        обещаю
        поступ(?:ит|ят)\b
        создал\w*
        принял\w*
        принята\b
        поставил\w*
        закаж(?:у|ем)\b
        заказал\w*
        забронир\w+
        можете (?:забрать|получить|подойти|прийти|подъехать)\w*
        нужно (?:будет|подойти|принести|прийти|подать|заполнить)
        необходимо
        возьмите с собой
        (?:я|мы) \w+(?:у|ю|ем|им|ла|ли)\b
        может\b
        могут\b
        номер (?:вашей |вашего )?(?:заявки|обращения|заказа|талона)
        бесплатно\b
        стоимость
        стоит\b
        составит\b
        работаем\b
    """),
    moment=_any(r"""
        сегодня
        завтра
        послезавтра
        понедельник\w*
        вторник\w*
        сред[уы]\b
        четверг\w*
        пятниц\w+
        суббот\w+
        воскресень\w+
        (?:в|на) течение
        в течении
        через
        до (?:\d|конца|вечера|обеда|утра|полуд|двух|трех|четырех|пяти|шести|семи|восьми|девяти|десяти|двен|один|завтр|понед|втор|сред|четв|пятн|субб|воск)\w*
        после (?:\d|обеда|двух|трех|пяти|шести)\w*
        утром
        вечером
        днем\b
        январ\w+
        феврал\w+
        марта\b
        апрел\w+
        ма[яе]\b
        июн\w+
        июл\w+
        август\w+
        сентябр\w+
        октябр\w+
        ноябр\w+
        декабр\w+
        час(?:а|ов|у|ам)?\b
        минут\w*
        (?:рабоч\w+ )?(?:дня|дней|день)\b
        недел\w+
        сутки
        суток
        месяц\w*
    """),
    name=_any(r"""
        меня зовут
        мо[яе] (?:фамилия|имя)
        фамилия
        это (?:\w+ ){0,2}(?:из|квартира)\b
        вас беспокоит
        с вами говорит
        я (?:из|живу|клиент|мама|отец|сосед)\w*
        компания
    """),
    courtesy=_any(r"""
        здравствуй\w*
        добрый (?:день|вечер)
        доброе утро
        алло
        приветствую
        спасибо\w*
        благодар\w+
        до свидания
        всего (?:доброго|хорошего)
        хорошего (?:дня|вечера)
        пожалуйста\b
        извините\w*
        минут(?:у|очку|ку)\b
        секунд(?:у|очку)\b
        оставайтесь на линии
        ожидайте
        слышно
        понятно\b
        поняла?\b
        хорошо\b
        ясно\b
        обращайтесь
        рад[аы]? (?:помочь|были)
    """),
    filler=_any(r"""
        ну\b
        так\b
        вот\b
        да\b
        нет\b
        ага\b
        угу\b
        э+\b
        алло\b
        значит\b
        хорошо\b
        понятно\b
        поняла?\b
        здравствуйте\b
        добрый (?:день|вечер)\b
        доброе утро\b
        в общем\b
        слушайте\b
        девушка\b
        смотрите\b
        ясно\b
        конечно\b
        спасибо(?: большое)?\b
        скажите пожалуйста\b
        подскажите пожалуйста\b
    """),
    opening=_any(r"""
        чем (?:могу|можем) (?:\w+ )?(?:помочь|быть полез)
        слушаю вас
        (?:я )?вас слушаю
        компания\b
        служба\b
        поддержк[аи]
        колл[ -]?центр
        меня зовут \w+[,. ]+(?:чем|слушаю|я вас)
        назовите
        уточните
        подскажите[, ]+(?:пожалуйста[, ]+)?(?:ваш|адрес|номер|как к вам|вы\b|на как|по как|какой|какая|фамилию)
        продиктуйте
        как (?:я могу )?к вам обращаться
        ваш(?:а|е|у|у)? (?:номер|адрес|имя|фамилия|фамилию|телефон|договор|заявка|заявку|заказ|обращение|заявк)\w*
        оставайтесь
        ожидайте
        минут(?:у|очку|ку)[, ]
        сейчас (?:посмотрю|проверю|уточню|гляну|соединю)
        я (?:вижу|проверила?|посмотрела?|зарегистрирую|оформлю|запишу|передам|уточню|проверю|отправлю)\b
        мы (?:отправим|свяжемся|вам|проверим|передадим|вернем|приедем|работаем)\b
        приносим (?:свои )?извинения
        приношу извинения
        что[- ](?:то|нибудь) еще
        остались вопросы
        спасибо за (?:звонок|обращение|ожидание)
        всего доброго
        хорошего дня
        мастер\b
        вам (?:перезвон|позвон|будет|нужно|необходимо|придет|вышл|отправ|поступит|приш)\w*
        специалист\w*
        бригада
        зарегистрир\w+
    """),
    calling=_any(r"""
        (?:у|к|для) (?:меня|нас|мне|нам)\b
        мне\b
        мой\b
        моя\b
        мою\b
        моего\b
        наш(?:а|ем|у)?\b
        я (?:хочу|хотел|звоню|вчера|купил|заказ|живу|не|уже|по|из|буду|заплат|оплат)\w*
        хочу
        хотел[аи]? бы
        когда (?:же|будет|вы|вклю|прие)\w*
        сколько (?:можно|это|стоит|ждать)
        звоню\b
        помогите
        меня зовут
        спасибо(?: большое| вам)?[.! ]*$
    """),
    question=_any(r"""
        как(?:ой|ая|ое|ие|ого|ую|им)?\b
        когда\b
        где\b
        куда\b
        сколько\b
        почему\b
        что\b
        кто\b
        можете\b
        подскажите
        назовите
        уточните
        продиктуйте
        вам (?:удобно|подойдет)
        есть ли
        верно\b
        правильно\b
    """),
    joint=_any(r"""
        но\b
        а\b
        и (?:я|мне|мы|у|он|она|они|теперь|еще|хочу|хотел|прошу|вы|вам|когда)\b
        потому что\b
        поэтому\b
        так что\b
        сейчас\b
        я\b
        мы\b
        у (?:меня|нас|вас)\b
        вам\b
        мне\b
        меня зовут\b
        ваш\w*
        мастер\b
        тогда\b
        завтра\b
        если\b
        подскажите
        хотел\w* бы\b
        адрес\b
        мой (?:номер|адрес|телефон)\b
        номер\b
        пожалуйста (?:назовите|подождите|уточните)
    """),
    answer=_any(r"""
        здравствуйте\b
        добрый (?:день|вечер)\b
        да\b
        нет\b
        хорошо\b
        понятно\b
        поняла?\b
        спасибо\b
        ага\b
        конечно\b
        слушаю\b
        алло\b
        ясно\b
        отлично\b
        пожалуйста\b
        до свидания\b
        минутку\b
        сейчас (?:посмотрю|проверю|уточню)
    """),
)

_KK = Cues(
    wish=_any(r"""
        \w+(?:ғым|гім|қым|кім|ғымыз|гіміз) келе\w*
        \w+(?:ғыңыз|гіңіз) келе\w*
        керек
        қажет
        қалаймын
        қалар едім
        сұра(?:ймын|йық|ғым|йын)\w*
        өтін(?:емін|ем|іш)\w*
        \w+(?:ңызшы|ңізші|ыңызшы|іңізші)\b
        бола ма\b
        болады ма\b
        мүмкін бе\b
        \w+ (?:аласыз|аласыздар) ба\b
        \w+ алам(?:ын)? ба\b
        көмектес\w+
        айтыңыз\w*
        қашан
        білейін\b
        білгім
        туралы
        бойынша
        жөнінде
        шағым\w*
        тапсырыс
        жазыл(?:ғым|айын|уға)\w*
        ауыстыр\w+
        қайтар\w+
        хабарласып тұр\w*
        қоңырау шалып тұр\w*
        звондап тұр\w*
    """),
    trouble=_any(r"""
        жоқ\b
        \w+ (?:жоқ|емес)\b
        (?:істе|жұмыс істе|қос|кел|аш|жан|жет|бер|ал|көрсет|жылы)\w*(?:мейді|майды|меді|мады|мей|май|пейді|пайды|меген|маған|пады|педі|мадым|медім)\w*
        сын(?:ып|ды|ған)\w*
        бұзыл\w+
        ағып\b
        ақ(?:ты|қан)\b
        жоғал\w+
        бұғатт\w+
        қате\w*
        екі рет
        кешік\w+
        өш(?:іп|ті|кен)\b
        мәселе\w*
        проблема\w*
        әлі (?:күнге|де|келген)
        жарылып|жарылды
        тұрып қал\w*
        суық
        бүлін\w+
    """),
    promise=_any(r"""
        \w+(?:амыз|еміз|ймыз|йміз)\b
        \w+(?:амын|емін|ймын|йін|аймын|еймін)\b
        \w+(?:дық|дік|тық|тік)\b
        \w+(?:дым|дім|тым|тім)\b
        барады\b
        келеді\b
        хабарлас(?:ады|амыз|амын)\w*
        қоңырау шал(?:ады|амыз|амын)
        жіберіл\w+
        тіркел\w+
        қосыл(?:ады)\b
        түседі\b
        болады\b
        шығады\b
        шеберіміз
        маман\w*
        өтінім\w* (?:нөмірі|қабылда|тірке)\w*
        нөмірі\b
        бағасы
        тегін\b
        аласыз\b
        \w+ (?:аласыз|алады|болады)\b
        жеткіз\w+
        ұзарт\w+
    """),
    moment=_any(r"""
        бүгін
        ертең
        бүрсігүні
        дүйсенбі\w*
        сейсенбі\w*
        сәрсенбі\w*
        бейсенбі\w*
        жұма\w*
        сенбі\w*
        жексенбі\w*
        ішінде\b
        дейін\b
        кейін\b
        соң\b
        таңертең
        таңғы
        кешке
        кешкі
        түстен
        түске
        сағат\w*
        минут\w*
        (?<!қайырлы )күн(?:де|нің|і|ге|нен|дік)?\b
        апта\w*
        айдың\b
        қаңтар\w*
        ақпан\w*
        наурыз\w*
        сәуір\w*
        мамыр\w*
        маусым\w*
        шілде\w*
        тамыз\w*
        қыркүйек\w*
        қазан\w*
        қараша\w*
        желтоқсан\w*
    """),
    name=_any(r"""
        (?:менің )?(?:атым|есімім|аты-жөнім|тегім)
        мен \w+(?:мын|мін|бын|бін|пын|пін)\b
        тұрамын
        тұрамыз
        мекенжай\w*
        \w+ (?:көшесі|ауданы|үй|пәтер)\w*
    """),
    courtesy=_any(r"""
        сәлем\w*
        ассалаумағалейкум
        қайырлы (?:күн|таң|кеш)
        алло
        рахмет\w*
        рақмет\w*
        сау бол\w*
        кешір\w+
        жақсы\b
        түсінікті\b
        түсіндім\b
        күте тұр\w*
        бір (?:минут|сәт)\w*
        хабарласқаныңызға
        жарайды\b
        қош бол\w*
        оқасы жоқ
        арнайы ештеңе
    """),
    filler=_any(r"""
        иә\b
        ия\b
        жоқ\b
        жақсы\b
        жарайды\b
        сонымен\b
        ал\b
        сонда\b
        енді\b
        сәлеметсіз бе\b
        сәлем\b
        сәлеметсіздер ме\b
        қайырлы (?:күн|таң|кеш)\b
        алло\b
        түсінікті\b
        түсіндім\b
        рахмет\b
        рақмет\b
        ну\b
        вот\b
        так\b
    """),
    opening=_any(r"""
        (?:қалай|немен|қандай) (?:\w+ )?көмект?ес\w*
        көмектесе аламын
        тыңдап тұрмын
        сізді тыңда\w+
        компаниясы
        қызметі
        орталығы
        мекенжайыңыз\w*
        нөміріңіз\w*
        аты-?жөніңіз\w*
        есіміңіз\w*
        атыңыз\w*
        шартыңыз\w*
        өтініміңіз\w*
        тапсырысыңыз\w*
        айтып жібер\w*
        қазір (?:тексер|қара|көр)\w*
        күте тұр\w*
        тіркедім
        тіркеймін
        сізге (?:\w+ )?(?:хабарлас|қоңырау|жібер|\w+ады\b|\w+еді\b)\w*
        тағы (?:сұрақ|бір|қандай|не)\w*
        хабарласқаныңызға
        шебер\w*
        маман\w*
        кешірім сұраймыз
        бригада
    """),
    calling=_any(r"""
        менің
        менде\b
        маған
        мен\b
        мені\b
        бізде
        біздің
        бізге
        \w+(?:ғым|гім|қым|кім) келе\w*
        қашан
        звондап
        қоңырау шалып тұр\w*
        хабарласып тұр\w*
        неге
        қанша
        рахмет[.! ]*$
    """),
    question=_any(r"""
        (?:\S+ ){0,5}(?:қандай|қашан|қайда|қанша|неге|не|кім|нешінші|қай|қалай|нешеде)\b
        (?:\S+ ){0,7}(?:ма|ме|ба|бе|па|пе)\b
        айтыңыз
        айтып
    """),
    joint=_any(r"""
        бірақ\b
        сондықтан\b
        өйткені\b
        енді\b
        мен\b
        менің\b
        біз\b
        біздің\b
        бізде\b
        маған\b
        сіздің\b
        сізге\b
        сосын\b
        содан\b
        егер\b
        ал\b
        қазір\b
        ертең\b
        бүгін\b
        мекенжай\w*
        шебер\w*
        маман\w*
        қашан\b
    """),
    answer=_any(r"""
        иә\b
        ия\b
        жоқ\b
        жақсы\b
        жарайды\b
        түсінікті\b
        түсіндім\b
        рахмет\b
        рақмет\b
        сәлеметсіз\b
        сәлем\b
        қайырлы\b
        алло\b
        сау бол\w*
        әрине\b
        қазір (?:тексер|қара)\w*
    """),
)

_FI = Cues(
    wish=_any(r"""
        halu(?:aisin|aisimme|an|amme|tta|aa)\w*
        tarvits(?:en|isin|emme|isimme|ee)\w*
        tarvetta
        pitäisi
        pitää\b
        täytyy
        tarkoitus
        tahtoisin
        toivo(?:n|isin|mme)\w*
        pyyd(?:än|ämme)
        pyytäisin
        voi(?:sitteko|sitko|ko|tteko|siko|sinko|nko|simmeko|daanko)\b
        saa(?:nko|isinko|ko|daanko|tteko|isiko|isikohan)\b
        onko(?:han)?\b
        olisi(?:ko|kohan|n)?\b
        olisin (?:kysynyt|tied|varannut|perunut)
        kysy(?:isin|n|ä|mys|ttävää)
        tiedust\w+
        ilmoittaisin
        ilmoittaa
        soit(?:an|telen|elen|telin|in)\b
        asia (?:koskee|on)
        asiaa
        koskien
        varata\b
        varaisin
        perua\b
        perua
        peruisin
        siirtää
        siirtäisin
        vaihtaa
        palauttaa
        tilata
        tilaisin
        reklamoida
        reklamaatio
        valitta\w+
        milloin\b
        koska (?:tulee|saan|se|voi)\w*
        paljonko
        miten (?:voin|saan|tämä|se)
        apua
        auttaa\b
        korjata
        korjattavaksi
        korvau\w+
        hyvity\w+
    """),
    trouble=_any(r"""
        ei (?:ole |oo )?(?:toimi|tule|tullut|saa|saanut|näy|lähde|mene|pääse|auke|aukea|lämpene|löydy|löytynyt|vastaa|vastannut|käynnisty|vielä|lämmitä|kuulu|toiminut|pidä)\w*
        en (?:ole |oo )?(?:saa|saanut|pääse|päässyt|voi|löydä|pysty|ymmärrä)\w*
        emme (?:ole )?(?:saa|saaneet|pääse|voi)\w*
        eivät (?:ole )?\w+
        rikki
        rikkoutu\w+
        hajo(?:si|nnut|aa)\b
        hävi(?:si|nnyt)\w*
        kado(?:ksissa|nnut|ttanut|si|tin)\w*
        katken\w*
        katkos\w*
        katkea\w+
        vuotaa\b
        vuoto\w*
        vika\w*
        vialli\w+
        virhe\w*
        väärä\w*
        väärin
        kahteen kertaan
        kaksi kertaa
        ongelma\w*
        myöhäs\w+
        puuttu\w+
        lukossa|lukittu\w*|lukkiutu\w*
        jumissa
        tukossa
        tukkeu\w+
        meni (?:rikki|pois|poikki|väärin)
        vaurio\w*
        kylmä\w*
        edelleen
    """),
    promise=_any(r"""
        (?:lähet|soit|ilmoit|palaut|hyvit|hoid|tarkist|selvit|korja|vara|tila|kirja|teh|teem|laita|laitam|avaa|avaam|siirr|siirräm|toimit|asenn|vaihd|vahvist|per|perum|peruut|järjest|välit|merkits|otta|otam|muut|aktivoi|tule|jatk|lisä)\w*(?:mme|taan|tään|daan|dään|etaan|etään|än|an|en|in|ttu|tty|nut|nyt|n)\b
        \w+(?:amme|ämme|emme|imme|omme|umme|ymme)\b
        \w+(?:etaan|etään|itaan|itään|utaan|ytään|staan|stään|llaan|llään|rtaan|rtään|idaan|idään|odaan|odään)\b
        saatte\b
        saat\b
        saapuu
        toimitetaan
        tulee\b
        tulevat
        käy\b
        soittaa
        lähtee
        palaa\b
        palaan\b
        on nyt (?:\w+ )?\w+ttu\b
        asentaja\w*
        huoltomies\w*
        huolto\w*
        voi\b
        voidaan
        (?:annan|avaan|uusin|siirrän|pistän|hoidan|ohjaan|yhdistän|poistan|merkitsen|lisään|pyydän|välitän|kysyn|otan)\b
        voitte (?:noutaa|hakea|tulla|maksaa|palauttaa)
        teidän (?:pitää|tulee|täytyy|kannattaa)
        ottakaa
        muistakaa
        (?:tilaus|vika|viite|varaus|asia|tapaus)\w*numero\w*
        maksutta
        ilmai\w+
        maksaa\b
        hinta\b
        viimeistään
        olen (?:nyt )?(?:kirjannut|tehnyt|lähettänyt|varannut|perunut|siirtänyt|tilannut|avannut|merkinnyt|välittänyt|\w+nut|\w+nyt)\b
    """),
    moment=_any(r"""
        tänään
        huomen\w*
        ylihuomen\w*
        maanantai\w*
        tiistai\w*
        keskiviik\w+
        torstai\w*
        perjantai\w*
        lauantai\w*
        sunnuntai\w*
        viikon\w*
        viikko\w*
        mennessä
        kuluessa
        sisällä\b
        viimeistään
        kello\b
        kellon\w*
        klo\b
        aamu\w*
        ilta\w*
        illalla
        iltapäiv\w+
        aamupäiv\w+
        päivä(?:n|ssä|ä|än)?\b
        arkipäiv\w+
        tunni\w+
        tuntia\b
        minuut\w+
        \w+kuu(?:ta|n|ssa|hun)?\b
        kuukau\w+
        jälkeen\b
        asti\b
    """),
    name=_any(r"""
        (?:minun )?nime(?:ni|lläni)\b
        nimi on
        täällä (?:soittaa |puhuu )?\w+
        (?:mä|minä) oon\b
        olen \w+ (?:\w+ )?(?:\w+sta|\w+stä|\w+lta|\w+ltä)\b
        osoite (?:on|ni)\w*
        osoitteessa
        asun\b
        puhelinnumero\w*
    """),
    courtesy=_any(r"""
        hei+\b
        hei hei\b
        moi\w*\b
        terve\b
        päivää\b
        huomenta\b
        iltaa\b
        hyvää (?:päivää|huomenta|iltaa|päivänjatkoa|viikonloppua|jatkoa)
        kiito\w+
        kiitti\w*
        ole hyvä
        olkaa hyvä
        näkemiin
        kuulemiin
        anteeksi
        pieni hetki
        hetkinen
        hetki\b
        odottakaa
        selvä\b
        ymmärrän\b
        ei kestä
        hyvä juttu
        tervetuloa
        mukavaa
        kuuluuko
    """),
    filler=_any(r"""
        no\b
        niin\b
        joo\b
        juu\b
        kyllä\b
        ei\b(?=,)
        okei\b
        selvä\b
        siis\b
        eli\b
        tota\b
        öö\b
        hei\b
        moi\b
        terve\b
        päivää\b
        hyvää (?:päivää|huomenta|iltaa)\b
        huomenta\b
        kiitos\b
        aivan\b
        hyvä\b(?=,)
        ja\b
        että\b
        tuota\b
        ymmärrän\b
        ahaa?\b
        hienoa\b
    """),
    opening=_any(r"""
        (?:kuinka|miten) (?:voin|voimme) (?:\w+ )?(?:auttaa|olla avuksi|palvella)
        voinko (?:vielä )?(?:auttaa|olla avuksi)
        asiakaspalvelu\w*
        vaihde\b
        \w*palvelu(?:ssa|sta)?\b
        mikä (?:on|teidän|sinun) (?:\w+ )?(?:osoite|nimi|numero|asiakas|tilaus|puhelin)\w*
        mikä \w*(?:osoite|numero|tunnus)\w*
        saisinko (?:\w+ )?(?:nimen|osoitteen|numeron|asiakas|tilaus|puhelin|henkilö)\w*
        saanko (?:\w+ )?(?:nimen|osoitteen|numeron|asiakas|tilaus|puhelin|henkilö)\w*
        kerrotko
        kertoisitteko
        kertoisitko
        katson\b
        katsotaan
        tarkistan
        odotatko
        odottakaa
        pieni hetki
        hetkinen
        pahoittelen
        pahoittelut
        pahoittelemme
        näen (?:täältä|että)
        meiltä\b
        meidän (?:asentaja|huolto|tekn|myyjä|asian|kuljet)\w*
        asentaja\w*
        saatte\b
        teille\b
        teidän\b
        laitan\b
        kirjaan\b
        kirjasin\b
        varasin\b
        soitamme
        lähetämme
        lähetän
        (?:onko|oliko) (?:teillä |sinulla )?(?:vielä |jotain )?muuta
        kiitos (?:soitosta|yhteydenotosta|kun soitit)
        hyvää päivänjatkoa
        sopiiko (?:teille|sinulle|se|huomen|\w+na|\w+nä)
    """),
    calling=_any(r"""
        minulla\b
        mulla\b
        meillä (?:on|ei|oli|meni)\b
        minun\b
        mun\b
        haluaisin
        haluan
        tarvitsen
        soitan\b
        soittelen\b
        en (?:ole|oo|saa|pääse|tiedä|voi)\w*
        tilasin
        ostin
        sain\b
        maksoin
        asun
        olen (?:odottanut|tilannut|ostanut|yrittänyt|maksanut|saanut)\b
        milloin
        paljonko
        voisitteko
        täällä\b
        kiitos paljon
        kiitos avusta
        kiitos[.! ]*$
    """),
    question=_any(r"""
        mikä\b
        mitä\b
        missä\b
        milloin\b
        miten\b
        kuinka\b
        kuka\b
        paljonko\b
        mihin\b
        \w+(?:ko|kö)\b
        kerrotko
    """),
    joint=_any(r"""
        mutta\b
        koska\b
        joten\b
        ja (?:se|nyt|sitten|minä|haluaisin|me|siitä|teille|mä|en|ei|meillä|minulla)\b
        minulla\b
        mulla\b
        meillä\b
        haluaisin\b
        haluan\b
        tarvitsen\b
        voisitteko\b
        voisiko\b
        nimeni\b
        nimi on\b
        osoite\b
        asun\b
        olen\b
        asentaja\w*
        saatte\b
        soitan\b
        soitamme\b
        lähetämme\b
        lähetän\b
        laitan\b
        kirjaan\b
        nyt\b
        sitten\b
        jos\b
        milloin\b
        mikä\b
        te\b
        me\b
        minä\b
        mä\b
        huomenna\b
    """),
    answer=_any(r"""
        joo\b
        juu\b
        kyllä\b
        ei\b
        selvä\b
        kiitos\b
        kiitoksia\b
        okei\b
        hei\b
        moi\b
        päivää\b
        huomenta\b
        iltaa\b
        hyvä\b
        hienoa\b
        aivan\b
        ymmärrän\b
        pahoittelen\b
        hetkinen\b
        pieni hetki\b
        no niin\b
        ahaa?\b
    """),
)

_SV = Cues(
    wish=_any(r"""
        (?:jag|vi) (?:skulle )?(?:vill|vilja|behöver|önskar|undrar|måste|söker|tänkte)
        skulle (?:jag |ni |du |vi )?(?:vilja|behöva|kunna)
        vill (?:ha|gärna|boka|avboka|säga|beställa|byta|veta|att)
        behöver
        undrar
        önskar
        kan (?:ni|du|jag|man|vi)\b
        kunde (?:ni|du|jag)\b
        går det att
        får (?:jag|man|vi)\b
        finns det
        snälla
        ringer (?:om|för|angående|gällande|på grund|eftersom)
        ringer\b
        gäller\b
        det handlar om
        angående
        boka\b
        boka om
        avboka
        beställa
        byta
        ändra
        säga upp
        reklamera
        klaga
        klagomål
        anmäla
        felanmäl\w+
        få (?:hjälp|tillbaka|veta|en|ett)
        hjälp\b
        när (?:kommer|kan|får|är|blir)
        hur (?:mycket|länge|kan|gör|lång)
        ersättning
        återbetal\w+
        pengarna tillbaka
        flytta
    """),
    trouble=_any(r"""
        (?:fungerar|funkar|kommer|går|startar|har|får|fick|syns|öppnas|stämmer|svarar|hittar|kan|är) (?:\w+ )?(?:inte|inget|ingen|aldrig)\b
        inte (?:fått|kommit|fungerar|funkar|fungerat|komma|levererat|hittat|logga)\w*
        trasig\w*
        sönder
        gått (?:sönder|av)
        läck\w+
        fel\b
        felet
        felaktig\w*
        försvunn\w+
        tappa\w+
        borta\b
        dubbelt
        två gånger
        spärra\w+
        låst
        problem\w*
        försen\w+
        saknas?\b
        saknar
        avbrott\w*
        stopp\b
        kallt\b
        skada\w*
        fortfarande
        ingen (?:värme|ström|el|signal|varm|uppkoppling|leverans|faktura)\w*
        inget (?:vatten|internet|varmvatten|svar|paket)\w*
    """),
    promise=_any(r"""
        (?:jag|vi) (?:ska|skall|kommer|skickar|ringer|bokar|bokade|beställer|ordnar|återkommer|kontrollerar|betalar|krediterar|sätter|lägger|registrerar|återbetalar|hör av|mejlar|lagar|byter|ser till|fixar|avbokar|avbokade|ändrar|ändrade|flyttar|flyttade|skickade|öppnar|har (?:nu )?\w+(?:at|it|t|rt|gt|kt)|gör|meddelar|förlänger|noterar|reserverar|kopplar)\b
        (?:så )?(?:skickar|ringer|bokar|ordnar|återkommer|kontrollerar|krediterar|lägger|registrerar|noterar) (?:jag|vi)\b
        jag (?!har|är|ser|förstår|undrar|vill|behöver|ringer om|heter|bor)\w+r\b
        kommer (?:att )?\w+
        ska (?:vara|komma|få|ringa|skicka|bli|ni|du|han|hon|de|den|det)\b
        ni (?:får|kommer|behöver|kan (?:hämta|komma|betala|lämna)|ska)\b
        du (?:får|kommer|behöver|kan (?:hämta|komma|betala|lämna)|ska)\b
        tekniker\w*
        hantverkare\w*
        montör\w*
        reparatör\w*
        blir (?:klar|klart|levererad|återbetald|gratis)\w*
        levereras
        skickas
        återbetalas
        betalas (?:ut|tillbaka)
        (?:ärende|order|boknings|referens|bokning)\w*nummer\w*
        kostnadsfri\w*
        gratis
        kostar
        priset
        senast
        är (?:nu )?(?:bokad|registrerad|avbokad|skickad|ändrad|beställd|klar)\w*
        ta med\b
        glöm inte
        öppet
    """),
    moment=_any(r"""
        idag
        i dag\b
        i ?morgon
        i ?övermorgon
        måndag\w*
        tisdag\w*
        onsdag\w*
        torsdag\w*
        fredag\w*
        lördag\w*
        söndag\w*
        senast
        inom\b
        före\b
        innan\b
        efter (?:klockan|lunch|\d)\w*
        klockan
        kl\b
        förmiddag\w*
        eftermiddag\w*
        på (?:kvällen|morgonen)
        ikväll
        i ?kväll
        timm\w+
        minut\w*
        dag(?:ar|en|arna)?\b
        arbetsdag\w*
        veck\w+
        månad\w*
        januari
        februari
        mars\b
        april
        maj\b
        juni
        juli
        augusti
        september
        oktober
        november
        december
    """),
    name=_any(r"""
        jag heter
        mitt namn
        mitt efternamn
        jag (?:är|bor)\b
        det (?:är|här är) \w+ (?:från|på|i)\b
        adressen
        min adress
        från (?:firman|bolaget|företaget)
    """),
    courtesy=_any(r"""
        hej\b
        hejsan
        hejdå
        hallå
        god (?:morgon|dag|kväll)
        goddag
        tack\w*
        varsågod
        ha en (?:bra|fin|trevlig)
        ursäkta
        ett ögonblick
        vänta
        dröj
        välkommen
        jag förstår\b
        jag ser\b
        okej\b
        bra\b
        ingen orsak
        hör du mig
        trevlig (?:dag|helg)
    """),
    filler=_any(r"""
        ja\b
        jo\b
        jaha\b
        nej\b(?=,)
        okej\b
        jaså\b
        alltså\b
        så\b
        men\b
        hej\b
        hejsan\b
        god (?:morgon|dag|kväll)\b
        tack\b
        eh+\b
        öh\b
        precis\b
        visst\b
        absolut\b
        bra\b(?=,)
        jag förstår\b
        du\b(?=,)
        och\b
    """),
    opening=_any(r"""
        (?:hur|vad) kan jag (?:hjälpa|stå)
        vad gäller (?:det|saken|ditt)
        kundtjänst\w*
        kundservice
        support\w*
        du pratar med
        ni pratar med
        du har kommit till
        välkommen till
        vad (?:heter|är) (?:du|ni|ditt|din|er|ert|adressen)
        kan jag få (?:ditt|din|er|ert|namn|adress|personnummer|kund|order|telefon)\w*
        får jag (?:ditt|din|be om|er|ert)\w*
        (?:ditt|din|er|ert) (?:namn|adress|personnummer|kundnummer|ordernummer|telefonnummer|ärende|order|bokning|faktura)\w*
        jag (?:ser|kollar|tittar|kontrollerar|registrerar|bokar|skickar|noterar|lägger|ordnar|krediterar|kopplar|ska kolla|har bokat|har registrerat|beklagar)\b
        vi (?:skickar|ringer|återkommer|beklagar|bokar|har öppet|krediterar|betalar)\b
        beklagar
        tyvärr
        ett ögonblick
        tekniker\w*
        något (?:annat|mer|mera)
        tack för (?:att du ringde|samtalet|ditt samtal|att ni ringde)
        ha en (?:bra|fin|trevlig)
        passar (?:det|tisdag|onsdag|torsdag|fredag|måndag|i morgon|imorgon)
        ni (?:får|kommer)\b
        du (?:får|kommer)\b
    """),
    calling=_any(r"""
        jag (?:vill|skulle|behöver|undrar|ringer|har (?:inte|fått|köpt|beställt|väntat|försökt|betalat|bokat tid)|köpte|beställde|fick|bor|heter|kan inte|tänkte)\b
        min\b
        mitt\b
        mina\b
        vår\b
        vårt\b
        våra\b
        hos (?:mig|oss)
        vi har (?:inget|ingen|inte|haft|fått|ett)\b
        kan ni\b
        när kommer
        tack så mycket
        tack för hjälpen
        tack[.! ]*$
    """),
    question=_any(r"""
        vad\b
        vilken\b
        vilket\b
        när\b
        var\b
        hur\b
        vem\b
        varför\b
        kan (?:du|ni|jag)\b
        har (?:du|ni)\b
        är (?:du|ni|det)\b
        får jag\b
        passar\b
        stämmer\b
        vill (?:du|ni)\b
    """),
    joint=_any(r"""
        men\b
        och (?:jag|vi|nu|det|den|då|sedan|ni|du|han|hon|så|min|undrar)\b
        för att jag\b
        därför\b
        eftersom\b
        så (?:jag|vi|nu|att)\b
        jag\b
        vi\b
        min\b
        mitt\b
        kan (?:du|ni|jag)\b
        adressen\b
        det gäller\b
        ni (?:får|kommer|kan)\b
        du (?:får|kommer|kan)\b
        teknikern?\b
        sedan\b
        då\b
        nu\b
        om (?:du|ni|jag|det)\b
        när\b
        vad\b
        hur\b
    """),
    answer=_any(r"""
        ja\b
        jo\b
        jaha\b
        nej\b
        okej\b
        tack\b
        hej\b
        bra\b
        precis\b
        visst\b
        absolut\b
        jag förstår\b
        beklagar\b
        jag beklagar\b
        ett ögonblick\b
        hejdå\b
        perfekt\b
    """),
)

_EN = Cues(
    wish=_any(r"""
        (?:i|we)(?:'d| would) (?:really )?(?:like|love|want|need|prefer|appreciate)
        (?:i|we) (?:really |just |still )?(?:want|need|wanted|needed|have to|wish|was hoping|am hoping|am looking|would)
        i'm (?:calling|looking|hoping|ringing|phoning|trying|after)\b
        (?:can|could|would|will|may) (?:you|i|we|someone|somebody)\b
        please\b
        calling (?:about|to|because|regarding|for)
        ringing (?:about|to|because)
        (?:it's|this is) (?:about|regarding)
        cancel
        book\b
        reschedul\w+
        refund
        replace\b
        replacement
        order\b
        return\b
        complain\w*
        report\b
        change (?:my|the|our)
        move (?:my|the|our)
        find out
        know (?:when|if|whether|why|how|what)
        when (?:will|is|can|does|are|do)
        how (?:much|long|can|do|soon)
        is there (?:any|a)
        help (?:me|us|with)
        send me
        someone to
        appointment
    """),
    trouble=_any(r"""
        \w+n't (?:work|arrive|come|turn|get|got|received?|log|open|start|been|connect|show|have|find|access|load|heat|stop)\w*
        (?:not|never|no longer|stopped) (?:work|arriv|com|receiv|turn|get|heat|respond|deliver)\w*
        haven't\b
        hasn't\b
        broke\w*
        leak\w*
        faulty
        damaged?\b
        wrong
        missing
        lost\b
        stolen
        locked
        blocked
        charged (?:me |us )?(?:twice|double|again|wrong)
        twice
        late\b
        delay\w*
        error
        problem\w*
        issue\w*
        no (?:hot|water|power|heating|internet|signal|connection|electricity|one|answer|reply)\b
        stuck
        down\b
        crack\w+
        still (?:waiting|not|no|haven't|hasn't)
        for (?:two|three|four|five|six|\d+|a|several) (?:days|weeks|hours|months|week|day)
    """),
    promise=_any(r"""
        (?:i|we|you|he|she|they|it|that|someone|there)(?:'ll| will| shall)\b
        will (?:be|call|send|come|arrive|receive|get|have|visit|contact|repair|refund)\b
        (?:i|we)(?:'ve| have) (?:now |just |also )?(?:\w+ed|sent|put|made|set|done|given|got you)\b
        (?:i|we)(?:'m| am|'re| are) (?:going to|sending|booking|arranging|putting|issuing|raising|ordering|registering)
        (?:is|are)(?: now)? (?:booked|scheduled|registered|cancelled|confirmed|arranged|on its way)
        you(?:'re| are) (?:booked|all set|confirmed)
        (?:can|could) (?:be|come|drop|send|do|have|offer|get)\b
        going to\b
        should (?:be|arrive|receive|get|have|see)\b
        you (?:can|may) (?:collect|pick|come|pay|bring|return|drop)
        you(?:'ll)? (?:need|have) to\b
        bring\b
        engineer
        technician
        plumber
        courier
        (?:reference|case|ticket|order|booking|confirmation|claim|job|tracking)(?: number)? (?:is|number)
        free of charge
        no charge
        costs?\b
        at the latest
        refund(?:ed)?\b
        call(?:ing)? you back
        expect
        promise
    """),
    moment=_any(r"""
        today
        tonight
        tomorrow
        (?:mon|tues|wednes|thurs|fri|satur|sun)day\w*
        within\b
        by (?:the )?(?:end|noon|midday|\d|mon|tues|wed|thurs|fri|satur|sun|tomorrow|next|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\w*
        before\b
        after (?:\d|lunch|five|six|four)\w*
        between
        (?:this|next) (?:week|month|morning|afternoon|evening|\w+day)
        morning
        afternoon
        evening
        o'clock
        \d+ ?(?:am|pm|a\.m|p\.m)\b
        hours?\b
        minutes\b
        (?:working |business )?days?\b
        weeks?\b
        months?\b
        january|february|april|june|july|august|september|october|november|december
        march \d
        may \d
        the \d+(?:st|nd|rd|th)
        \w+ (?:first|second|third|fourth|fifth|\w+th) of\b
    """),
    name=_any(r"""
        my name(?:'s| is)
        name's\b
        this is (?!about|regarding|the third|ridiculous|because)\w+
        (?:i'm|i am) (?:[a-z]+ [a-z]+ )?(?:from|at|calling from)\b
        speaking\b
        (?:my|our) address
        (?:i|we) live
        account number
        surname
        it's \w+ \w+ (?:here|from)
    """),
    courtesy=_any(r"""
        hello
        hi\b
        hey\b
        good (?:morning|afternoon|evening|day)
        thank\w*
        cheers
        bye\w*
        goodbye
        have a (?:nice|good|great|lovely)
        you're welcome
        no problem\b
        sorry
        one moment
        just a (?:moment|second|minute|sec)
        hold on
        bear with me
        okay\b
        ok\b
        i see\b
        i understand\b
        alright
        great\b
        perfect\b
        lovely\b
        take care
        can you hear
    """),
    filler=_any(r"""
        well\b
        um+\b
        uh+\b
        er+\b
        so\b
        yes\b
        yeah\b
        yep\b
        no\b(?=,)
        okay\b
        ok\b
        right\b
        alright\b
        hello\b
        hi(?: there)?\b
        hey\b
        good (?:morning|afternoon|evening)\b
        oh\b
        and\b
        but\b
        i see\b
        sure\b
        thanks\b
        thank you\b
        great\b
        perfect\b
        basically\b
        you know\b
        look\b
        i understand\b
        of course\b
        certainly\b
    """),
    opening=_any(r"""
        how (?:can|may) i help
        how (?:can|may) i (?:assist|be of)
        what can i (?:do|help)
        (?:you're|you are) (?:through|speaking|talking) (?:to|with)
        customer (?:service|support|care)
        thank(?:s| you) for (?:calling|holding|waiting|your call|contacting)
        (?:can|could|may) i (?:have|take|get) (?:your|the|a|an)\b
        what(?:'s| is) (?:your|the (?:address|order|account|booking|postcode|reference))
        what (?:name|address|postcode|number)
        (?:can|could) you (?:confirm|spell|tell me your|give me your)\w*
        let me (?:check|look|see|just|have a look|pull)
        i can see\b
        i(?:'ll| will) (?:check|put|send|book|arrange|register|raise|get|make|transfer|issue|call|email|log|pass|order|process)\b
        we(?:'ll| will| can)\b
        i'm (?:so |very |really )?sorry (?:to hear|about|for)
        apologi[sz]e
        is there anything else
        anything else
        bear with me
        your (?:account|order|address|name|booking|reference|appointment|postcode|case|ticket|refund|claim)\b
        you(?:'ll| will)\b
        our (?:engineer|technician|team|driver|courier|plumber|office)\w*
        have a (?:nice|good|great|lovely)
        would (?:that|tuesday|monday|wednesday|thursday|friday|tomorrow|\w+day) (?:work|suit|be)
    """),
    calling=_any(r"""
        i(?:'d| would) like
        (?:i|we) (?:want|need|bought|ordered|paid|live|received|got|called|haven't|can't|tried|was charged|was told)\b
        i've (?:been|got|ordered|tried|paid|already|had|received|lost)\b
        i'm (?:calling|ringing|phoning|still waiting)\b
        my\b
        our (?:house|flat|office|internet|heating|boiler|building|street|order)\w*
        when (?:will|is|can)\b
        could you\b
        can you (?:help|send|tell me (?:when|why|if)|please)
        thanks? (?:so much|very much|for your help|a lot)
        that's (?:great|fine|perfect|ridiculous)
        thank you[.! ]*$
    """),
    question=_any(r"""
        what\b
        which\b
        when\b
        where\b
        how\b
        who\b
        why\b
        can (?:you|i)\b
        could (?:you|i)\b
        may i\b
        do you\b
        did you\b
        is (?:it|that|this|there)\b
        are you\b
        would (?:you|that)\b
        have you\b
        will that\b
    """),
    joint=_any(r"""
        but\b
        and (?:i|we|it|now|then|you|he|she|they|the|my|can|could)\b
        because\b
        so (?:i|we|can|could|you|now)\b
        i\b
        i'd\b
        i'm\b
        i'll\b
        i've\b
        we\b
        we'll\b
        my\b
        our\b
        you\b
        you'll\b
        your\b
        could you\b
        can (?:you|i)\b
        the (?:engineer|technician|address|order|number)\b
        it's\b
        that's\b
        then\b
        when\b
        what\b
        how\b
        if\b
        there(?:'s| is)\b
        let me\b
    """),
    answer=_any(r"""
        yes\b
        yeah\b
        no\b
        okay\b
        ok\b
        right\b
        alright\b
        hello\b
        hi\b
        thanks\b
        thank you\b
        great\b
        perfect\b
        sure\b
        oh\b
        i see\b
        i understand\b
        certainly\b
        of course\b
        good (?:morning|afternoon|evening)\b
        i'm (?:so |very )?sorry\b
        bye\b
        lovely\b
    """),
)

CUES = {Language.RU: _RU, Language.KK: _KK, Language.FI: _FI, Language.SV: _SV, Language.EN: _EN}

# Words by which a language is told from the others: frequent, short, and its own.
MARKS = {
    Language.RU: frozenset(
        "и в не на я что с по это у к вы мне как вас за но мы так из от вам бы уже когда есть был только или меня"
        " здравствуйте спасибо хорошо будет нас если для нет да".split()
    ),
    Language.KK: frozenset(
        "мен бар ма ме бе керек сіз үшін және бұл қалай иә жоқ емес болады бізде менің сізге рахмет ертең бүгін деп"
        " бір сәлеметсіз маған сағат дейін кейін туралы қашан".split()
    ),
    Language.FI: frozenset(
        "on ja ei se että en hei joo mutta niin minulla kun ole voi myös nyt mä te olen kiitos jos tai vielä mulla"
        " meillä teille kyllä sitten sitä haluaisin tämä huomenna".split()
    ),
    Language.SV: frozenset(
        "och det att jag är inte på en ett för av vi ni har med till som den hej tack kan så om du min ska kommer"
        " från där ja men okej vill får".split()
    ),
    Language.EN: frozenset(
        "the and i you to it is a of in that we for my can your on have be will this please thanks hello was with"
        " but not yes okay at it's i'm".split()
    ),
}
KAZAKH_LETTERS = frozenset("әіңғүұқөһ")

# Labels before a turn that say which side speaks.
OPERATOR_LABELS = (
    "operator agent assistant bot support manager representative rep advisor adviser service receptionist dispatcher"
    " оператор агент бот ассистент консультант диспетчер менеджер специалист сотрудник поддержка робот администратор"
    " секретарь маман қызметкер кеңесші"
    " operaattori asiakaspalvelija asiakaspalvelu virkailija neuvoja agentti myyjä vaihde botti"
    " operatör kundtjänst handläggare rådgivare säljare medarbetare växel agenten operatören"
).split()
CALLER_LABELS = (
    "caller customer client user guest patient buyer"
    " клиент абонент звонящий покупатель заявитель пользователь пациент собеседник заказчик"
    " тұтынушы сатып шалушы клиентка өтініш"
    " soittaja asiakas ostaja potilas käyttäjä"
    " kund kunden uppringare inringare den-som-ringer patient användare"
).split()
