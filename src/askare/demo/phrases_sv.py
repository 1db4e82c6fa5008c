"""The demo data's Swedish, as it is written in Finland.

Slots: `buyer`, `seller` (s: genitive), `street`, `home` (definite form), `wish` (with its article); `address`,
`layout`, `area`, `plot`, `price`, `offer`, `budget`, `time`, `later`, `views` as they stand.
"""

from __future__ import annotations

from datetime import date, time

from askare.demo.occasions import Phrasebook, Saying

_WEEKDAYS = ("må", "ti", "on", "to", "fr", "lö", "sö")


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day}.{day.month}"


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
            "Ring {buyer} och fråga om visningen på {street}.",
            "Fråga {buyer} om {home} på {street} fortfarande intresserar.",
            "Efter visningen: ring {buyer}, {address}.",
            "{buyer} såg {home} på {street}. Ring och be om respons.",
            "Hör efter vad {buyer} tyckte om {home} på {street}.",
        ),
        additions=(
            "Tvekar på grund av priset.",
            "Gillade köket, men oroade sig för kommande renoveringar.",
            "Säkrast att ringa efter kl. 16.",
            "Den egna bostaden är ännu osåld.",
        ),
        done=(
            "Ringt, funderar till {later}.",
            "Ringt, kommer på en andra visning {later}.",
            "Inte intresserad, söker något större.",
        ),
        rejected=("Svarade inte trots tre försök.", "Hann köpa en annan bostad."),
    ),
    "viewing request": Saying(
        openings=(
            "Boka privatvisning med {buyer}: {address}.",
            "Ring {buyer}, som vill se {home} på {street} före veckoslutet.",
            "Ny förfrågan från {buyer} om {home} på {street}. Ring upp.",
            "Föreslå {buyer} ett nytt besök på {street}.",
            "{buyer} undrar när man kan flytta in i {home} på {street}. Ring.",
        ),
        additions=(
            "Kan bara kvällstid.",
            "Kommer med sin partner.",
            "Lånelöftet är klart.",
            "Bor på annan ort, visning på distans går också bra.",
        ),
        done=(
            "Visning bokad {later} kl. 17.",
            "Bokat, nycklarna hämtas på kontoret.",
            "Ringt, kommer på nästa allmänna visning.",
        ),
        rejected=("Avbokade, hittade en annan bostad.",),
    ),
    "word with the seller": Saying(
        openings=(
            "Ring {seller} och berätta om veckan: {address}.",
            "Diskutera begärt pris för {home} på {street} med {seller}.",
            "Fråga {seller} om {home} på {street} kan visas nästa vecka.",
            "{seller} vill bli uppringd om försäljningen av {home} på {street}.",
            "Ring {seller}, annonsen för {home} på {street} får allt färre visningar.",
        ),
        additions=(
            "Begärt pris nu {price}.",
            "Få besökare på visningarna.",
            "Ett konkurrerande objekt har kommit ut i samma område.",
            "Ring helst på förmiddagen.",
        ),
        done=("Ringt, priset hålls oförändrat.", "Nytt begärt pris {offer}.", "Ringt, vi fortsätter enligt planen."),
        rejected=("Objektet dras tillbaka tills vidare.",),
    ),
    "offer": Saying(
        openings=(
            "{buyer} erbjuder {offer} för {home} på {street}. Ring {seller}.",
            "Gå igenom {buyer:s} anbud på {offer} med {seller}: {address}.",
            "Ring {buyer}: {seller} har lämnat ett motanbud för {home} på {street}.",
            "Meddela {buyer} att {seller} väntar sig mer än {offer} ({address}).",
        ),
        additions=(
            "Svarstid till {later} kl. 16.",
            "Villkor: bankens lånebeslut.",
            "Villkor: den egna bostaden säljs först.",
            "Tillträde enligt överenskommelse.",
            "Handpenning 4 000 €.",
        ),
        done=("Anbudet godkänt.", "Vi enades om {offer}.", "Motanbud givet, köparen funderar."),
        rejected=("Anbudet förkastat.", "Köparen drog tillbaka sitt anbud."),
    ),
    "estate": Saying(
        openings=(
            "Ring dödsboets kontaktperson: {seller}, {address}.",
            "Be {seller} om bouppteckningen och fullmakter, {home} på {street}.",
            "Fråga delägarna i {seller} om alla är överens om priset ({address}).",
            "Avtala med {seller} om tömning av {home} på {street}.",
        ),
        additions=(
            "Fyra delägare, en bor i Sverige.",
            "Delägarförteckningen är ännu inte fastställd.",
            "Bouppteckningen är förrättad.",
        ),
        done=("Fullmakterna mottagna.", "Alla delägare samtyckte."),
        rejected=("Boet säljer inte ännu.",),
    ),
    "documents": Saying(
        openings=(
            "Skicka disponentintyget och bolagsordningen till {buyer}: {address}.",
            "{buyer} bad om broschyr och planritning för {home} på {street} per e-post.",
            "Skicka bokslutet och utredningen om underhållsbehov till {buyer} ({address}).",
            "Svara {buyer}: vad ingår i skötselvederlaget för {home} på {street}?",
            "{buyer} frågar per e-post om bolagslånet för {home} på {street}. Svara.",
        ),
        additions=(
            "Bifoga energicertifikatet.",
            "Banken behöver papperen senast {later}.",
            "Nämn kommande renoveringar.",
            "Kopia till kontoret.",
        ),
        done=("Skickat.", "Skickat, mottagandet bekräftat.", "Skickat allt utom bolagsordningen."),
        rejected=("Inte längre aktuellt, köparen avstod.",),
    ),
    "advertisement": Saying(
        openings=(
            "Skicka utkastet till annons till {seller} för godkännande: {address}.",
            "Be {seller} om renoveringshistoriken för {home} på {street}.",
            "Skicka bilder och text om {home} på {street} till {seller}.",
            "Bekräfta visningstiderna på {street} för {seller}.",
        ),
        additions=(
            "Svar senast {later}.",
            "Annonsen publiceras {later}.",
            "Bifoga energicertifikatet.",
        ),
        done=("Skickat, väntar på kommentarer.", "Godkänt utan ändringar."),
        rejected=("Behövs inte, vi kom överens per telefon.",),
    ),
    "draft contract": Saying(
        openings=(
            "Skicka utkastet till köpebrev till {seller} och {buyer}: {address}.",
            "Utkast till köpebrev för {home} på {street} att granska: {seller} och {buyer}.",
            "Kalla {buyer} och {seller} till köpslutet, {address}.",
        ),
        additions=(
            "Köpesumma {offer}, köpslut {later}.",
            "Digital affär, båda bankerna är med.",
            "Räkna ut överlåtelseskatten.",
        ),
        done=("Skickat, båda godkände.", "Rättat och skickat på nytt."),
        rejected=("Affären blev inte av.",),
    ),
    "company": Saying(
        openings=(
            "Be {seller} om handelsregisterutdrag och styrelsens beslut om försäljningen ({address}).",
            "Skicka månadsläget till {seller}, {home} på {street}.",
            "Fråga {seller} vem som undertecknar köpet: {address}.",
            "Bekräfta uppdragsvillkoren för {seller}, {home} på {street}.",
        ),
        additions=(
            "Kontaktpersonen är på semester till {later}.",
            "Fakturan som nätfaktura.",
            "Två tecknar firman tillsammans.",
        ),
        done=("Papperen mottagna.", "Bekräftat."),
        rejected=("Bolaget säljer själv.",),
    ),
    "open house": Saying(
        openings=(
            "Allmän visning kl. {time}: {address}, {layout}, {area}.",
            "Visning på {street} kl. {time}, {layout}.",
            "Första visningen av {home} på {street}, begärt pris {price}.",
            "Visning: {address}. Nycklarna finns i nyckelskåpet.",
        ),
        additions=(
            "Skyltarna ut en halvtimme före.",
            "Ta med 15 broschyrer.",
            "Sex anmälda.",
            "Säljaren är borta under visningen.",
        ),
        done=(
            "Fyra besökare, två lämnade sina uppgifter.",
            "Bra visning, ett anbud är på kommande.",
            "Inga besökare.",
        ),
        rejected=("Inställd, objektet är reserverat.",),
    ),
    "private viewing": Saying(
        openings=(
            "Privatvisning kl. {time}: {buyer}, {address}.",
            "Visa {home} på {street} för {buyer} kl. {time}.",
            "{buyer} kommer och ser på {home}, vi träffas på {street} kl. {time}.",
            "Andra besöket på {street}: {buyer}.",
        ),
        additions=(
            "Köparens föräldrar kommer också.",
            "Ta med måttband.",
            "Lånelöftet är klart.",
        ),
        done=(
            "Gillade {home}, överväger ett anbud.",
            "Inte vad köparen sökte.",
            "Gav ett anbud på {offer}.",
            "Vill komma på nytt {later}.",
        ),
        rejected=("Avbokade samma morgon.", "Dök inte upp."),
    ),
    "closing": Saying(
        openings=(
            "Köpslut kl. {time}: {address}, säljare {seller}, köpare {buyer}.",
            "Undertecknande av köpebrevet, {home} på {street}: {seller} och {buyer}.",
            "Digital affär, {address}: {seller} / {buyer}, köpesumma {offer}.",
        ),
        additions=(
            "Identiteterna kontrollerade.",
            "Kom ihåg kvittot på handpenningen.",
            "Kaffe och blommor.",
        ),
        done=("Affären klar, köpesumma {offer}.", "Undertecknat, besittningen övergår {later}."),
        rejected=("Uppskjutet, banken saknar papper.",),
    ),
    "valuation": Saying(
        openings=(
            "Värderingsbesök kl. {time}: {seller}, {address}.",
            "Träffa {seller} och värdera {home} på {street}.",
            "Uppdragsavtal med {seller}: {home} på {street}.",
            "Prisbedömning av {home} på {street} tillsammans med {seller} kl. {time}.",
        ),
        additions=(
            "Två andra byråer tävlar.",
            "Jämförelsepriserna är klara.",
            "Redogör för arvodet.",
        ),
        done=("Uppdraget är vårt, begärt pris {price}.", "Värderingen lämnad, svar senast {later}."),
        rejected=("Valde en annan mäklare.",),
    ),
    "team meeting": Saying(
        openings=(
            "Veckomöte kl. {time}: objekt till salu och reserveringar.",
            "Gå igenom kontorets mål för månaden.",
            "Utvecklingssamtal med chefen.",
            "Möte med bankens lånerådgivare kl. {time}.",
            "Gemensamt möte för kontoren i Helsingfors och Tammerfors.",
        ),
        additions=(
            "Ta med den egna objektlistan.",
            "Anteckningarna till intranätet.",
            "På distans, länken i kalendern.",
        ),
        done=("Hållet.", "Hållet, nästa gång {later}."),
        rejected=("Inställt.",),
    ),
    "search": Saying(
        openings=(
            "{buyer} söker {wish} nära centrum, budget {budget}.",
            "Följ upp {buyer:s} sökning: {wish}, högst {budget}.",
            "Kolla nya objekt för {buyer}, önskemål {wish}.",
            "Uppdatera {buyer:s} bevakning, budgeten är nu {budget}.",
            "Är {buyer} fortfarande på jakt? Söker {wish}, flytt inom ett halvår.",
        ),
        additions=(
            "Bastu är ett plus.",
            "Lånelöftet gäller.",
            "Skolvägen avgör.",
            "Hund i familjen, gärna nära en park.",
        ),
        done=("Två lämpliga objekt skickade.", "Bevakningen uppdaterad."),
        rejected=("Söker inte längre.",),
    ),
    "financing": Saying(
        openings=(
            "Fråga {buyer} om banken har fattat lånebeslut: {address}.",
            "{buyer:s} lånebeslut är öppet ({home} på {street}), påminn.",
            "Följ upp {buyer:s} finansiering: {address}, pris {offer}.",
        ),
        additions=(
            "Villkoret förfaller {later}.",
            "Banken vill ännu ha ett löneintyg.",
            "Bankens värdering är beställd.",
        ),
        done=("Lånebeslutet kom, vi går vidare.", "Finansieringen klar, köpslut {later}."),
        rejected=("Banken beviljade inte lånet.",),
    ),
    "end of assignment": Saying(
        openings=(
            "{seller:s} uppdrag löper ut {later} ({address}).",
            "Kom överens med {seller} om fortsättning: {home} på {street}.",
            "Nytt uppdragsavtal med {seller}: {home} på {street}, begärt pris {price}.",
        ),
        additions=(
            "Föreslå en månad till.",
            "Föreslå nya bilder och en prisjustering.",
            "Säljaren har varit nöjd.",
        ),
        done=("Förlängt med tre månader.", "Fortsättning överenskommen, pris {offer}."),
        rejected=("Säljaren fortsätter inte.",),
    ),
    "after the sale": Saying(
        openings=(
            "Fråga {buyer} hur flytten till {street} gick.",
            "Blommor till {buyer}, som får nycklarna till {home} på {street}.",
            "Be {buyer} om ett omdöme efter affären på {street}.",
        ),
        additions=("Lämna ett visitkort.", "Hämta flyttlådorna till kontoret."),
        done=("Nöjd, lovade rekommendera oss.", "Vi fick fem stjärnor."),
        rejected=("Vill inte bli kontaktad.",),
    ),
    "report": Saying(
        openings=(
            "Rapportmöte kl. {time}: {seller}, {address}.",
            "Gå igenom visningarna och responsen med {seller}: {home} på {street}.",
            "Månadsrapport om försäljningen av {home} på {street}, presenteras för {seller} kl. {time}.",
        ),
        additions=(
            "Annonsen har visats {views} gånger.",
            "Tre visningar hittills.",
            "Prisrekommendation med.",
        ),
        done=("Genomgånget, nytt pris {offer}.", "Säljaren nöjd, vi fortsätter så här."),
        rejected=("Uppskjutet till nästa vecka.",),
    ),
    "certificate": Saying(
        openings=(
            "Disponentintyget går ut {later}: {address}.",
            "Beställ nytt disponentintyg, {home} på {street}.",
            "{address}: bolagsstämma {later}, fråga disponenten om besluten.",
            "Skötselvederlaget för {home} på {street} ändras, uppdatera annonsen.",
        ),
        additions=("Köparens bank väntar på papperet.", "Fakturan till säljaren.", "Bifoga till uppdraget."),
        done=("Beställt och bifogat.", "Klart, ordnat med disponenten."),
        rejected=("Objektet är inte längre till salu.",),
    ),
    "listing": Saying(
        openings=(
            "{address}: annonsen syns på första sidan till {later}.",
            "Priset på {home} på {street} sänks, nytt pris {offer}.",
            "Objektet {address} är reserverat, ta bort visningstiderna.",
            "Ett anbud har lämnats på {home} på {street}, informera övriga intresserade.",
            "{buyer} bokade en tid för visningen på {street}.",
        ),
        additions=("Uppdatera skyltfönstret.", "Berätta för hela teamet.", "Meddela också säljaren."),
        done=("Uppdaterat överallt.", "Klart."),
        rejected=("Onödig avisering.",),
    ),
    "training": Saying(
        openings=(
            "Repetition inför AFM-provet: lagen om bostadsköp.",
            "Utbildning: digital bostadshandel från början till slut.",
            "Ändringar i penningtvättslagen, webbkurs.",
            "Den nya broschyrmallen tas i bruk, hela kontoret.",
            "Dataskydd: kunduppgifter och samtal.",
            "Att läsa en konditionsgranskning, extern föreläsare.",
        ),
        additions=("På distans, länken i kalendern.", "På kontoret kl. {time}.", "Två timmar."),
        done=("Deltog.", "Avklarat, intyget i mappen."),
        rejected=("Inställt, ny dag {later}.",),
    ),
    "condition report": Saying(
        openings=(
            "Konditionsgranskning kl. {time}: {address}, öppna för granskaren.",
            "Beställ konditionsgranskning av {home} på {street}, {seller} betalar.",
            "Gå igenom granskningsrapporten med {seller}, {home} på {street}.",
            "Fuktmätning i {home} på {street}, meddela {seller}.",
        ),
        additions=(
            "Granskaren behöver komma upp på vinden.",
            "Rapporten till köparna genast.",
            "Kolla också bygglov och slutsyn.",
        ),
        done=("Klart, inga större brister.", "Rapporten kom, taket behöver förnyas."),
        rejected=("Granskaren avbokade, ny tid behövs.",),
    ),
    "photographs": Saying(
        openings=(
            "Fotografering kl. {time}: {address}, {layout}.",
            "Fotograf och stylist till {street}, avtala tid med {seller}.",
            "Beställ nya bilder av {home} på {street}.",
            "Planritningen saknas: mät {home} på {street} ({area}).",
        ),
        additions=("I dagsljus.", "Säljaren städar kvällen före.", "Tomma bordsytor före fotograferingen."),
        done=("Bilderna mottagna och utbytta i annonsen.", "Gjort, materialet kommer {later}."),
        rejected=("Inställt på grund av regn.",),
    ),
    "keys": Saying(
        openings=(
            "Hämta nycklarna till {home} på {street} hos {seller}, kvittera i nyckelboken.",
            "Återlämna nycklarna till {seller}, {address}.",
            "Överlämna nycklarna till {buyer} kl. {time}, {address}.",
            "Låt göra en reservnyckel till {home} på {street}.",
        ),
        additions=("Tre nycklar plus förrådet.", "Kvittens av båda.", "Nyckelkrok 14."),
        done=("Nycklarna kvitterade.",),
        rejected=("Säljaren skötte nycklarna själv.",),
    ),
    "land": Saying(
        openings=(
            "Beställ fastighetsregisterutdrag och kartutdrag för {home} vid {street}.",
            "Fråga kommunen om planläget för {home} vid {street}.",
            "Gå rågångarna med {seller}, {home} vid {street}.",
            "Utred el- och vattenanslutningarna: {home} vid {street}, {plot}.",
        ),
        additions=("Grannen har också frågat.", "Styckningen pågår.", "Lagfarten ska kontrolleras."),
        done=("Utdragen mottagna.", "Utrett, uppgifterna finns i uppdraget."),
        rejected=("Säljaren skjuter upp försäljningen.",),
    ),
    "paperwork": Saying(
        openings=(
            "För in veckans körda kilometer.",
            "Uppdatera objektkorten i fönstret.",
            "Arkivera avslutade uppdrag.",
            "Kontrollera nyckelskåpets förteckning.",
            "Fakturera månadens affärer.",
        ),
        additions=("Före månadsskiftet.", "Påminn också de andra.", "Klart senast {later}."),
        done=("Gjort.", "Klart."),
        rejected=("Behövs inte.",),
    ),
}

SWEDISH = Phrasebook(_SAYINGS, _day, _clock, _euros, _square_metres)
