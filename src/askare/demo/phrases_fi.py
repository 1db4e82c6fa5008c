"""The demo data's Finnish.

A date ends in a full stop of its own, so a phrase that ends in one has no other.  Slots: `buyer`, `seller`, `street`
(n), `home`, `wish`, with the ending of the form wanted; `address`, `layout`, `area`, `plot`, `price`, `offer`,
`budget`, `time`, `later`, `views` as they stand.
"""

from __future__ import annotations

from datetime import date, time

from askare.demo.occasions import Phrasebook, Saying

_WEEKDAYS = ("ma", "ti", "ke", "to", "pe", "la", "su")


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day}.{day.month}."


def _clock(moment: time) -> str:
    return f"{moment.hour}.{moment.minute:02}" if moment.minute else f"{moment.hour}"


def _euros(amount: int) -> str:
    return f"{amount:,}\N{NO-BREAK SPACE}€".replace(",", "\N{NO-BREAK SPACE}")


def _square_metres(area: float) -> str:
    if area >= 10_000:
        return f"{area / 10_000:g} ha".replace(".", ",")
    return f"{area:,g} m²".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


_SAYINGS = {
    "feedback": Saying(
        openings=(
            "Soita {buyer:lle} ja kysy palaute {street:n} {home:n} näytöstä.",
            "Kysy {buyer:lta}, mitä mieltä hän oli {street:n} {home:sta}.",
            "Palautesoitto: {buyer} kävi katsomassa {street:n} {home:ta}.",
            "{buyer} kävi näytössä osoitteessa {address}. Soita ja kysy, jäikö kohde kiinnostamaan.",
            "Soita näytön jälkeen {buyer:lle}: {address}, {layout}.",
            "Selvitä {buyer:lta}, onko {street:n} {home} yhä listalla.",
        ),
        additions=(
            "Kysy myös, onko laina jo kunnossa.",
            "Epäröi hinnan takia.",
            "Piti keittiöstä, mutta tulevat remontit arveluttivat.",
            "Oma asunto on vielä myymättä.",
            "Tavoittaa parhaiten klo 16 jälkeen.",
            "Lupasi miettiä viikonlopun yli.",
        ),
        done=(
            "Soitettu, harkitsee vielä ja palaa asiaan viimeistään {later}",
            "Soitettu: ei jatkoon, etsii isompaa.",
            "Kiinnostunut, tulee toiseen näyttöön {later}",
            "Jättää tarjouksen, kunhan pankki vastaa.",
        ),
        rejected=("Ei tavoitettu kolmella yrityksellä.", "Ehti ostaa muualta."),
    ),
    "viewing request": Saying(
        openings=(
            "Sovi {buyer:n} kanssa yksityisnäyttö: {address}.",
            "Soita {buyer:lle}, haluaa nähdä {street:n} {home:n} ennen viikonloppua.",
            "{buyer} pyysi soittoa {street:n} {home:sta}.",
            "Yhteydenotto verkosta: {buyer}, {address}. Soita ja ehdota näyttöaikaa.",
            "Soita {buyer:lle} ja ehdota uutta käyntiä {street:n} {home:ssa}.",
            "Uusi liidi: {buyer} kysyi {street:n} {home:n} vapautumisesta.",
        ),
        additions=(
            "Pääsee vain iltaisin.",
            "Tulee puolison kanssa.",
            "Asuu toisella paikkakunnalla, joten etäesittelykin käy.",
            "Oma asunto on jo myyty.",
            "Lainalupaus on kunnossa.",
            "Etsii sijoitusta, ei omaa kotia.",
        ),
        done=(
            "Sovittu näyttö {later} klo 17.",
            "Sovittu, avaimet haetaan toimistolta.",
            "Soitettu, tulee seuraavaan yleisnäyttöön.",
        ),
        rejected=("Perui, löysi toisen asunnon.", "Numero ei ole käytössä."),
    ),
    "word with the seller": Saying(
        openings=(
            "Soita {seller:lle} ja kerro viikon tilanne: {address}.",
            "Puhu {seller:n} kanssa {street:n} {home:n} pyyntihinnasta.",
            "Soita {seller:lle}, {street:n} ilmoituksen katselut ovat laskussa.",
            "Kysy {seller:lta}, sopiiko {street:n} {home:n} näyttö ensi viikolle.",
            "Varmista {seller:lta}, että {street:n} {home} saa olla myynnissä myös loman yli.",
            "{seller} toivoi soittoa {street:n} {home:n} myynnistä.",
        ),
        additions=(
            "Pyynti on nyt {price}, harkitaan laskua.",
            "Näytöissä on käynyt vähän väkeä.",
            "Samalta alueelta tuli myyntiin kilpaileva kohde.",
            "Soita mieluiten aamupäivällä.",
            "Toivoo yhteydenottoa vain puhelimitse.",
        ),
        done=(
            "Soitettu, hinta pidetään ennallaan.",
            "Sovittiin uusi pyynti, {offer}.",
            "Soitettu, jatketaan samalla suunnitelmalla.",
        ),
        rejected=("Kohde vedetään toistaiseksi pois myynnistä.", "Hoidettu jo sähköpostilla."),
    ),
    "offer": Saying(
        openings=(
            "{buyer} tarjosi {street:n} {home:sta} {offer}. Soita {seller:lle}.",
            "Neuvottele {seller:n} kanssa {buyer:n} tarjouksesta: {address}, {offer}.",
            "Soita {buyer:lle}: {seller} teki vastatarjouksen {street:n} {home:sta}.",
            "Tarjous {offer} {street:n} {home:sta}: käy se läpi {seller:n} kanssa ja vastaa {buyer:lle}.",
            "Kerro {buyer:lle}, että {seller} pyytää parempaa tarjousta kuin {offer} ({address}).",
        ),
        additions=(
            "Vastausaikaa {later} klo 16 saakka.",
            "Ehtona oman asunnon myynti.",
            "Ehtona pankin lainapäätös.",
            "Vapautuminen sopimuksen mukaan.",
            "Käsiraha 4 000 €.",
            "Toinenkin ostaja on liikkeellä.",
        ),
        done=(
            "Tarjous hyväksytty, kauppakirja valmisteluun.",
            "Vastatarjous annettu, ostaja miettii.",
            "Sopu syntyi, hinta {offer}.",
        ),
        rejected=("Tarjous hylätty.", "Ostaja veti tarjouksensa pois."),
    ),
    "estate": Saying(
        openings=(
            "Soita kuolinpesän yhteyshenkilölle: {seller}, {address}.",
            "Pyydä {seller:lta} perukirja ja valtakirjat, {street:n} {home}.",
            "Kysy {seller:n} osakkailta, ovatko kaikki yhtä mieltä hinnasta ({address}).",
            "Sovi {seller:n} osakkaiden kanssa {street:n} {home:n} tyhjennyksestä.",
        ),
        additions=(
            "Osakkaita on neljä, yksi asuu Ruotsissa.",
            "Osakasluetteloa ei ole vielä vahvistettu.",
            "Perunkirjoitus on pidetty.",
            "Yksi osakkaista on alaikäinen, tarvitaan DVV:n lupa.",
        ),
        done=("Valtakirjat saatu.", "Kaikki osakkaat suostuivat."),
        rejected=("Pesä ei myykään vielä.",),
    ),
    "documents": Saying(
        openings=(
            "Lähetä {buyer:lle} isännöitsijäntodistus ja yhtiöjärjestys: {address}.",
            "{buyer} pyysi {street:n} {home:n} esitettä ja pohjapiirrosta sähköpostiin.",
            "Laita {buyer:lle} taloyhtiön tilinpäätös ja kunnossapitotarveselvitys ({address}).",
            "Vastaa {buyer:lle}: mitä {street:n} {home:n} hoitovastike sisältää?",
            "{buyer} kysyi sähköpostilla {street:n} {home:n} yhtiölainaosuudesta. Vastaa.",
        ),
        additions=(
            "Mukaan myös energiatodistus.",
            "Kerro samalla tulevista remonteista.",
            "Pankki tarvitsee paperit viimeistään {later}",
            "Kopio toimistolle.",
            "Tiedot löytyvät toimeksiannon liitteistä.",
        ),
        done=(
            "Lähetetty.",
            "Lähetetty, kuittasi vastaanottaneensa.",
            "Lähetetty muut paitsi yhtiöjärjestys, se tulee isännöitsijältä.",
        ),
        rejected=("Ei enää ajankohtainen, ostaja luopui.", "Osoite ei toimi, viesti palautui."),
    ),
    "advertisement": Saying(
        openings=(
            "Lähetä {seller:lle} myynti-ilmoituksen luonnos hyväksyttäväksi: {address}.",
            "Pyydä {seller:lta} sähköpostilla {street:n} {home:n} remonttihistoria.",
            "Lähetä {seller:lle} kuvat ja esiteteksti {street:n} {home:sta}.",
            "Vahvista {seller:lle} {street:n} {home:n} näyttöajat sähköpostilla.",
            "Kooste näyttöpalautteesta {seller:lle}: {address}, {layout}, {area}.",
        ),
        additions=(
            "Vastaus viimeistään {later}",
            "Ilmoitus julkaistaan {later}",
            "Mainitse uusi keittiö.",
            "Liitteeksi energiatodistus.",
        ),
        done=(
            "Lähetetty, odotetaan kommentteja.",
            "Hyväksyttiin sellaisenaan.",
            "Lähetetty, pinta-ala korjattu.",
        ),
        rejected=("Ei tarpeen, sovittiin puhelimessa.",),
    ),
    "draft contract": Saying(
        openings=(
            "Lähetä kauppakirjan luonnos {seller:lle} ja {buyer:lle}: {address}.",
            "Kauppakirjaluonnos {street:n} {home:sta} tarkistettavaksi: {seller} ja {buyer}.",
            "Lähetä {buyer:lle} ja {seller:lle} kutsu kaupantekoon, {address}.",
            "Pyydä {buyer:n} ja {seller:n} pankeilta tilinumerot ja aikaehdotukset ({address}).",
        ),
        additions=(
            "Kauppahinta {offer}, kaupanteko {later}",
            "Digikauppa, molemmat pankit mukana.",
            "Varainsiirtovero laskettava valmiiksi.",
            "Muista liittää myyntiesite.",
        ),
        done=("Lähetetty, molemmat hyväksyivät.", "Korjattu ja lähetetty uudelleen."),
        rejected=("Kauppa peruuntui.",),
    ),
    "company": Saying(
        openings=(
            "Pyydä {seller:lta} kaupparekisteriote ja hallituksen päätös myynnistä ({address}).",
            "Lähetä {seller:lle} kuukauden myyntitilanne, {street:n} {home}.",
            "Vahvista {seller:lle} {street:n} {home:n} toimeksiannon ehdot.",
            "Kysy {seller:lta}, kuka allekirjoittaa kaupan: {address}.",
        ),
        additions=(
            "Yhteyshenkilö on lomalla {later} saakka.",
            "Lasku verkkolaskuna.",
            "Nimenkirjoittajia kaksi yhdessä.",
        ),
        done=("Paperit saatu.", "Vahvistettu."),
        rejected=("Yhtiö myy kohteen itse.",),
    ),
    "open house": Saying(
        openings=(
            "Yleisnäyttö klo {time}: {address}, {layout}, {area}.",
            "Esittely {street:n} {home:ssa} klo {time}.",
            "Näyttö: {address}. Avaimet toimiston avainkaapista.",
            "Ensinäyttö {street:n} {home:ssa}, {layout}, pyynti {price}.",
            "Toinen yleisnäyttö: {street:n} {home}, {layout}, {area}.",
        ),
        additions=(
            "Opasteet kadulle puoli tuntia ennen.",
            "Esitteitä 15 kpl mukaan.",
            "Ilmoittautuneita kuusi.",
            "Myyjä on poissa näytön ajan.",
            "Ovikoodi on toimeksiannossa.",
        ),
        done=(
            "Kävijöitä neljä, kaksi jätti yhteystietonsa.",
            "Hyvä näyttö, yksi tarjous tulossa.",
            "Yksi kävijä, palautetta hinnasta.",
            "Ei kävijöitä.",
        ),
        rejected=("Peruttu, kohde varattiin.", "Siirretty, myyjä pyysi toista aikaa."),
    ),
    "private viewing": Saying(
        openings=(
            "Yksityisnäyttö klo {time}: {buyer}, {address}.",
            "Näytä {buyer:lle} {street:n} {home} klo {time}.",
            "{buyer} tulee katsomaan {street:n} {home:ta}, tapaaminen klo {time} paikan päällä.",
            "Toinen käynti {street:n} {home:ssa}: {buyer}.",
            "Esittele {buyer:lle} {street:n} {home}.",
        ),
        additions=(
            "Mukana myös ostajan vanhemmat.",
            "Ota mittanauha mukaan.",
            "Tuo rakennusmestarin mukanaan.",
            "Lainalupaus kunnossa.",
            "Ei vielä käynyt missään näytössä.",
        ),
        done=(
            "Piti kovasti, miettii tarjousta.",
            "Ei osunut kohdalleen, jatketaan hakua.",
            "Jätti tarjouksen, {offer}.",
            "Haluaa tulla uudelleen {later}",
        ),
        rejected=("Perui samana aamuna.", "Ei tullut paikalle."),
    ),
    "closing": Saying(
        openings=(
            "Kaupanteko klo {time}: {address}, myyjä {seller}, ostaja {buyer}.",
            "Kauppakirjan allekirjoitus, {street:n} {home}: {seller} ja {buyer}.",
            "Kaupat {street:n} {home:sta} klo {time}, läsnä {seller} ja {buyer}.",
            "Digikauppa {street:n} {home:sta}: {seller} / {buyer}, kauppahinta {offer}.",
        ),
        additions=(
            "Henkilöllisyydet tarkistettu.",
            "Muista kuittaus käsirahasta.",
            "Pankkien tilinumerot ovat kansiossa.",
            "Kahvit ja kukat valmiiksi.",
        ),
        done=("Kaupat tehty, kauppahinta {offer}.", "Allekirjoitettu, hallinta siirtyy {later}"),
        rejected=("Siirtyi, pankilta puuttuu papereita.", "Ostajan laina ei mennyt läpi."),
    ),
    "valuation": Saying(
        openings=(
            "Arviokäynti klo {time}: {seller}, {address}.",
            "Hinta-arvio {street:n} {home:sta} {seller:n} kanssa klo {time}.",
            "Tapaa {seller} ja tee arviokirja {street:n} {home:sta}.",
            "Toimeksiantosopimuksen teko {seller:n} kanssa, {street:n} {home}.",
            "Kohdekäynti {street:n} {home:ssa}, paikalla {seller}.",
        ),
        additions=(
            "Kilpailevia toimistoja kaksi.",
            "Vertailukaupat ovat valmiina.",
            "Kerro palkkiovaihtoehdot.",
            "Toiveena nopea myynti.",
            "Harkitsee vielä myyntiajankohtaa.",
        ),
        done=(
            "Toimeksianto saatiin, pyynti {price}.",
            "Arvio annettu, päätös viimeistään {later}",
            "Myyjä miettii, uusi yhteys ensi viikolla.",
        ),
        rejected=("Valitsi toisen välittäjän.", "Ei myy vielä tänä vuonna."),
    ),
    "team meeting": Saying(
        openings=(
            "Viikkopalaveri klo {time}: myynnissä olevat kohteet ja varaukset.",
            "Toimiston kuukausitavoitteet läpi.",
            "Kehityskeskustelu esihenkilön kanssa.",
            "Tapaaminen pankin lainaneuvojan kanssa klo {time}.",
            "Tampereen ja Helsingin toimistojen yhteispalaveri.",
            "Uuden kollegan perehdytys, ensimmäinen päivä.",
        ),
        additions=(
            "Ota oma kohdelista mukaan.",
            "Muistio intranetiin.",
            "Neuvotteluhuone varattu.",
            "Etänä, linkki kalenterissa.",
        ),
        done=("Pidetty.", "Pidetty, seuraava {later}"),
        rejected=("Peruttu.",),
    ),
    "search": Saying(
        openings=(
            "{buyer} etsii {wish:ta} keskustan tuntumasta, budjetti {budget}.",
            "Seuraa {buyer:n} hakua: {wish}, enintään {budget}.",
            "Tarkista uudet kohteet {buyer:lle}, toiveena {wish} hyvien yhteyksien varrelta.",
            "Onko {buyer} yhä liikkeellä? Haussa {wish}, muutto puolen vuoden sisällä.",
            "Päivitä {buyer:n} hakuvahti, budjetti nyt {budget}.",
            "Ostotoimeksianto, {buyer}: käy läpi viikon uudet kohteet, haussa {wish}.",
        ),
        additions=(
            "Sauna olisi plussaa.",
            "Lainalupaus on voimassa.",
            "Koulumatka ratkaisee.",
            "Koira tulee mukaan, joten piha tai puisto lähelle.",
            "Ei remonttikohteita.",
        ),
        done=("Kaksi sopivaa lähetetty.", "Löytyi jo, haku suljettu.", "Hakuvahti päivitetty."),
        rejected=("Ei enää etsi.", "Jää vuokralle vuodeksi."),
    ),
    "financing": Saying(
        openings=(
            "Kysy {buyer:lta}, onko pankki tehnyt lainapäätöksen: {address}.",
            "{buyer:n} lainapäätös on auki ({street:n} {home}). Soita perään.",
            "Seuraa {buyer:n} rahoitusta: {address}, hinta {offer}.",
            "Muistuta {buyer:ta} lainalupauksesta, {street:n} {home}.",
        ),
        additions=(
            "Ehto raukeaa {later}",
            "Pankki pyysi vielä palkkatodistuksen.",
            "Vakuusarvio on tilattu.",
            "Oma asunto pitää myydä ensin.",
        ),
        done=("Lainapäätös tuli, edetään.", "Rahoitus kunnossa, kaupanteko {later}"),
        rejected=("Pankki ei myöntänyt lainaa.",),
    ),
    "end of assignment": Saying(
        openings=(
            "{seller:n} toimeksianto päättyy {later} ({address}).",
            "Uusi toimeksianto {seller:n} kanssa: {street:n} {home}, pyynti {price}.",
            "Sovi {seller:n} kanssa jatkosta, {street:n} {home:n} toimeksianto on umpeutumassa.",
            "Kysy {seller:lta}, jatketaanko {street:n} {home:n} myyntiä.",
        ),
        additions=(
            "Ehdota kuukauden jatkoa.",
            "Ehdota uusia kuvia ja hinnantarkistusta.",
            "Myyjä on ollut tyytyväinen.",
            "Kilpailija on ollut yhteydessä.",
        ),
        done=("Jatkettu kolmella kuukaudella.", "Jatkosta sovittu, hinta {offer}."),
        rejected=("Myyjä ei jatka.", "Kohde myytiin ennen päättymistä."),
    ),
    "after the sale": Saying(
        openings=(
            "Kysy {buyer:lta}, miten muutto {street:n} {home:hun} sujui.",
            "Vie kukat: {buyer} saa {street:n} {home:n} avaimet.",
            "Pyydä {buyer:lta} arvio palvelusta, {street:n} {home} on luovutettu.",
            "Onnittele {buyer:ta} {street:n} {home:n} kaupoista.",
        ),
        additions=(
            "Kysy samalla, kenelle voisi suositella.",
            "Käyntikortti mukaan.",
            "Muuttolaatikot palautettava toimistolle.",
        ),
        done=("Tyytyväinen, lupasi suositella.", "Arvio saatu, viisi tähteä."),
        rejected=("Ei halua yhteydenottoja.",),
    ),
    "report": Saying(
        openings=(
            "Raportointitapaaminen klo {time}: {seller}, {address}.",
            "Käy {seller:n} kanssa läpi {street:n} {home:n} näytöt ja kävijäpalaute.",
            "Myynnin tilanne {seller:lle}: katselut, näytöt ja yhteydenotot, {street:n} {home}.",
            "Kuukausiraportti {street:n} {home:n} myynnistä, esitellään {seller:lle} klo {time}.",
        ),
        additions=(
            "Ilmoitusta katsottu {views} kertaa.",
            "Näyttöjä on pidetty kolme.",
            "Hintasuositus mukaan.",
            "Vertailukohteista kaksi on myyty.",
        ),
        done=(
            "Käyty läpi, hintaa lasketaan: uusi pyynti {offer}.",
            "Myyjä tyytyväinen, jatketaan.",
            "Sovittiin uusista kuvista.",
        ),
        rejected=("Siirtyi ensi viikkoon.", "Kohde myytiin ennen tapaamista."),
    ),
    "certificate": Saying(
        openings=(
            "{address}: isännöitsijäntodistus vanhenee {later}",
            "Tilaa uusi isännöitsijäntodistus, {street:n} {home}.",
            "{address}: yhtiökokous {later}, kysy päätöksistä isännöitsijältä.",
            "{street:n} {home}: hoitovastike muuttuu, päivitä ilmoitus.",
            "{seller:n} osakekirja on vielä paperilla ({address}), huolehdi siirrosta sähköiseksi.",
        ),
        additions=(
            "Ostajan pankki odottaa paperia.",
            "Tilaus isännöintitoimiston verkkopalvelusta.",
            "Lasku myyjälle.",
            "Liitä toimeksiantoon.",
        ),
        done=("Tilattu ja liitetty toimeksiantoon.", "Hoidettu isännöitsijän kanssa."),
        rejected=("Kohde poistui myynnistä.",),
    ),
    "listing": Saying(
        openings=(
            "{address}: ilmoitus näkyy etusivulla {later} saakka.",
            "{street:n} {home}: pyyntihinta laskee, uusi hinta {offer}.",
            "Kohde {address} on varattu, poista näyttöajat.",
            "{street:n} {home:sta} jätettiin tarjous, kerro muille kiinnostuneille.",
            "{buyer} varasi ajan {street:n} {home:n} näyttöön.",
        ),
        additions=(
            "Päivitä ikkunanäyttö.",
            "Kerro koko tiimille.",
            "Verkkosivut päivittyvät yöllä.",
            "Ilmoita myös myyjälle.",
        ),
        done=("Päivitetty kaikkialle.", "Hoidettu."),
        rejected=("Aiheeton ilmoitus.",),
    ),
    "training": Saying(
        openings=(
            "LKV-kokeen kertaus: asuntokauppalaki.",
            "Koulutus: digitaalinen asuntokauppa alusta loppuun.",
            "Rahanpesulain muutokset, verkkokurssi.",
            "Uuden esitepohjan käyttöönotto, koko toimisto.",
            "Hinta-arvion tekeminen, sisäinen koulutus.",
            "Tietosuojakertaus: asiakastiedot ja puhelut.",
            "Kuntotarkastusraportin lukeminen, vieraana rakennusterveysasiantuntija.",
            "Valokuvauksen perusteet puhelimella.",
            "Kiinteistökaupan verkkopalvelu, harjoitus.",
        ),
        additions=(
            "Etänä, linkki kalenterissa.",
            "Toimistolla klo {time}.",
            "Kesto kaksi tuntia.",
            "Ota kannettava mukaan.",
        ),
        done=("Osallistuttu.", "Suoritettu, todistus kansiossa."),
        rejected=("Peruttu, uusi kerta {later}",),
    ),
    "condition report": Saying(
        openings=(
            "Kuntotarkastus klo {time}: {address}, avaa ovet tarkastajalle.",
            "Tilaa kuntotarkastus {street:n} {home:hun}, maksaja {seller}.",
            "Käy kuntotarkastusraportti läpi {seller:n} kanssa, {street:n} {home}.",
            "Kosteusmittaus {street:n} {home:ssa}, ilmoita {seller:lle}.",
        ),
        additions=(
            "Tarkastaja tarvitsee kulun ullakolle.",
            "Raportti ostajille heti sen tultua.",
            "Selvitä samalla rakennusluvat ja loppukatselmus.",
            "Asbestikartoitus erikseen.",
        ),
        done=(
            "Tehty, ei merkittäviä puutteita.",
            "Raportti tuli, kattoremontti edessä.",
            "Tehty, kylpyhuoneessa kohonnutta kosteutta.",
        ),
        rejected=("Tarkastaja perui, varataan uusi aika.",),
    ),
    "photographs": Saying(
        openings=(
            "Valokuvaus klo {time}: {address}, {layout}.",
            "Kuvaaja ja stailaaja {street:n} {home:hun}, sovi aika {seller:n} kanssa.",
            "Tilaa uudet kuvat {street:n} {home:sta}, nykyiset ovat liian pimeät.",
            "Pohjapiirros puuttuu: mittaa {street:n} {home} ({area}).",
            "Dronekuvat {street:n} {home:sta}, jos sää sallii.",
        ),
        additions=(
            "Myyjä siivoaa edellisenä iltana.",
            "Valoisaan aikaan.",
            "Pöytäpinnat tyhjiksi ennen kuvausta.",
        ),
        done=("Kuvat saatu ja vaihdettu ilmoitukseen.", "Tehty, aineisto tulee {later}"),
        rejected=("Peruttu sateen vuoksi.",),
    ),
    "keys": Saying(
        openings=(
            "Nouda {seller:lta} {street:n} {home:n} avaimet, kuittaa avainkirjaan.",
            "Palauta avaimet {seller:lle}, {address}.",
            "Avainten luovutus {buyer:lle} klo {time}, {address}.",
            "Teetä vara-avain {street:n} {home:hun}.",
        ),
        additions=("Kolme avainta ja varaston avain.", "Kuittaus molemmilta.", "Avainkoukku 14."),
        done=("Avaimet kuitattu.", "Hoidettu, sähkömittarin lukema kirjattu."),
        rejected=("Myyjä hoiti avaimet itse.",),
    ),
    "land": Saying(
        openings=(
            "Tilaa {street:n} {home:sta} kiinteistörekisteriote ja karttaote.",
            "Kysy kunnasta {street:n} {home:n} kaavatilanne.",
            "Käy katsomassa {street:n} {home:n} rajat {seller:n} kanssa.",
            "Kysy {seller:lta} {street:n} {home:n} tieoikeudesta.",
            "Selvitä sähkö- ja vesiliittymät: {street:n} {home}, {plot}.",
        ),
        additions=(
            "Naapurikin on kysellyt.",
            "Lohkominen on kesken.",
            "Lainhuuto on tarkistettava.",
            "Kaavaote liitteeksi.",
        ),
        done=("Otteet saatu.", "Selvitetty, tiedot toimeksiannossa."),
        rejected=("Myyjä lykkää myyntiä.",),
    ),
    "paperwork": Saying(
        openings=(
            "Kirjaa viikon ajokilometrit.",
            "Päivitä kohdekortit ikkunaan.",
            "Arkistoi päättyneet toimeksiannot.",
            "Tarkista avainkaapin luettelo.",
            "Laskuta kuukauden kaupat.",
            "Tilaa kahvia ja esitepaperia.",
            "Täydennä asiakkaiden tuntemistiedot.",
        ),
        additions=("Ennen kuun vaihdetta.", "Muistuta muitakin.", "Valmiina viimeistään {later}"),
        done=("Tehty.", "Valmis."),
        rejected=("Ei tarpeen.",),
    ),
}

FINNISH = Phrasebook(_SAYINGS, _day, _clock, _euros, _square_metres)
