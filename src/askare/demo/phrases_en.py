"""The demo data's English, for clients who speak neither of the country's languages.

Slots: `buyer`, `seller` (s: genitive), `street`, `home` (without article), `wish` (with it); `address`, `layout`,
`area`, `plot`, `price`, `offer`, `budget`, `time`, `later`, `views` as they stand.
"""

from __future__ import annotations

from datetime import date, time

from askare.demo.occasions import Phrasebook, Saying

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def _clock(moment: time) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _euros(amount: int) -> str:
    return f"€{amount:,}"


def _square_metres(area: float) -> str:
    return f"{area / 10_000:g} ha" if area >= 10_000 else f"{area:,g} m²"


_SAYINGS = {
    "feedback": Saying(
        openings=(
            "Call {buyer} for feedback on the {street} viewing.",
            "Ask {buyer} whether the {home} on {street} is still of interest.",
            "After the viewing: call {buyer}, {address}.",
            "{buyer} saw the {home} on {street}. Call and ask what came of it.",
        ),
        additions=(
            "Hesitates because of the price.",
            "Liked the kitchen, worried about upcoming renovations.",
            "Best reached after 16:00.",
            "Still has a flat to sell.",
        ),
        done=(
            "Called, will decide by {later}.",
            "Called, wants a second viewing on {later}.",
            "Not interested, looking for something bigger.",
        ),
        rejected=("No answer after three attempts.", "Has bought elsewhere."),
    ),
    "viewing request": Saying(
        openings=(
            "Arrange a private viewing with {buyer}: {address}.",
            "Call {buyer}, who wants to see the {home} on {street} before the weekend.",
            "New enquiry from {buyer} about the {home} on {street}. Call back.",
            "Suggest another visit to {street} to {buyer}.",
        ),
        additions=(
            "Evenings only.",
            "Coming with a partner.",
            "Mortgage promise in hand.",
            "Lives abroad, a video tour would do.",
            "Speaks no Finnish, send the brochure in English.",
        ),
        done=("Viewing booked for {later} at 17:00.", "Booked, keys from the office."),
        rejected=("Cancelled, found another home.",),
    ),
    "word with the seller": Saying(
        openings=(
            "Call {seller} with the week’s news: {address}.",
            "Talk to {seller} about the asking price of the {home} on {street}.",
            "Ask {seller} whether we can show the {home} on {street} next week.",
            "{seller} asked for a call about the sale of the {home} on {street}.",
        ),
        additions=(
            "Asking {price} at present.",
            "Few visitors at the viewings so far.",
            "A similar home nearby has just come on the market.",
            "Mornings preferred.",
        ),
        done=("Called, the price stays.", "New asking price {offer}."),
        rejected=("Off the market for now.",),
    ),
    "offer": Saying(
        openings=(
            "{buyer} offers {offer} for the {home} on {street}. Call {seller}.",
            "Go through {buyer:s} offer of {offer} with {seller}: {address}.",
            "Call {buyer}: {seller} has made a counter-offer for the {home} on {street}.",
            "Tell {buyer} that {seller} expects more than {offer} ({address}).",
        ),
        additions=(
            "Answer due {later}, 16:00.",
            "Subject to the bank’s decision.",
            "Subject to selling the present home first.",
            "Deposit €4,000.",
        ),
        done=("Offer accepted.", "Agreed at {offer}.", "Counter-offer made, buyer is thinking."),
        rejected=("Offer declined.", "The buyer withdrew."),
    ),
    "estate": Saying(
        openings=(
            "Call the contact person of {seller}: {address}.",
            "Ask {seller} for the estate inventory and powers of attorney, {address}.",
            "Check that all heirs of {seller} agree on the price ({address}).",
        ),
        additions=("Four heirs, one lives in Sweden.", "The inventory has been made."),
        done=("Powers of attorney received.", "All heirs agreed."),
        rejected=("The estate is not selling yet.",),
    ),
    "documents": Saying(
        openings=(
            "Send the manager’s certificate and the articles of association to {buyer}: {address}.",
            "{buyer} asked for the brochure and floor plan of the {home} on {street}.",
            "Send the housing company’s accounts to {buyer} ({address}).",
            "Answer {buyer}: what does the maintenance charge on {street} cover?",
            "Explain to {buyer} how the housing company loan works, {home} on {street}.",
        ),
        additions=(
            "Attach the energy certificate.",
            "The bank needs the papers by {later}.",
            "Mention the coming renovations.",
            "English translation where we have one.",
        ),
        done=("Sent.", "Sent and acknowledged."),
        rejected=("No longer needed, the buyer withdrew.",),
    ),
    "advertisement": Saying(
        openings=(
            "Send {seller} the draft advertisement for approval: {address}.",
            "Ask {seller} for the renovation history of the {home} on {street}.",
            "Send {seller} the photos and text for the {home} on {street}.",
            "Confirm the viewing times on {street} with {seller}.",
        ),
        additions=("Answer by {later}.", "To be published on {later}.", "Attach the energy certificate."),
        done=("Sent, waiting for comments.", "Approved as it stands."),
        rejected=("Not needed, settled by phone.",),
    ),
    "draft contract": Saying(
        openings=(
            "Send the draft deed of sale to {seller} and {buyer}: {address}.",
            "Draft deed for the {home} on {street}, to be checked by {seller} and {buyer}.",
            "Invite {buyer} and {seller} to the closing, {address}.",
        ),
        additions=(
            "Price {offer}, closing on {later}.",
            "Digital closing, both banks take part.",
            "Work out the transfer tax.",
        ),
        done=("Sent, both agreed.", "Corrected and sent again."),
        rejected=("The sale fell through.",),
    ),
    "company": Saying(
        openings=(
            "Ask {seller} for the trade register extract and the board’s decision ({address}).",
            "Send this month’s sales report to {seller}: {address}.",
            "Ask {seller} who will sign: {address}.",
        ),
        additions=("Contact person away until {later}.", "Two sign jointly."),
        done=("Papers received.", "Confirmed."),
        rejected=("The company sells by itself.",),
    ),
    "open house": Saying(
        openings=(
            "Open house at {time}: {address}, {layout}, {area}.",
            "Show the {home} on {street} at {time}.",
            "First open house, {address}, asking {price}.",
        ),
        additions=("Signs out half an hour before.", "Bring 15 brochures.", "Six have signed up."),
        done=("Four visitors, two left their details.", "Good viewing, one offer coming.", "Nobody came."),
        rejected=("Cancelled, the home is reserved.",),
    ),
    "private viewing": Saying(
        openings=(
            "Private viewing at {time}: {buyer}, {address}.",
            "Show {buyer} the {home} on {street} at {time}.",
            "Second visit to {street} with {buyer}.",
            "{buyer} is coming to see the {home}, we meet on {street} at {time}.",
        ),
        additions=("The buyer’s parents come too.", "Bring a tape measure.", "Mortgage promise in hand."),
        done=("Liked it a lot, thinking of an offer.", "Not what the buyer looks for.", "Offered {offer}."),
        rejected=("Cancelled the same morning.", "Did not turn up."),
    ),
    "closing": Saying(
        openings=(
            "Closing at {time}: {address}, seller {seller}, buyer {buyer}.",
            "Signing of the deed, {home} on {street}: {seller} and {buyer}.",
            "Digital closing, {address}: {seller} / {buyer}, price {offer}.",
        ),
        additions=("Identities checked.", "Bring the receipt for the deposit.", "An interpreter has been booked."),
        done=("Sold for {offer}.", "Signed, possession passes on {later}."),
        rejected=("Postponed, the bank lacks papers.",),
    ),
    "valuation": Saying(
        openings=(
            "Valuation visit at {time}: {seller}, {address}.",
            "Meet {seller} and value the {home} on {street}.",
            "Sign the assignment with {seller}: {home} on {street}.",
        ),
        additions=("Two other agencies compete.", "Comparable sales are ready.", "Explain our fees."),
        done=("We got the assignment, asking {price}.", "Estimate given, answer by {later}."),
        rejected=("Chose another agency.",),
    ),
    "team meeting": Saying(
        openings=(
            "Weekly meeting at {time}: homes on sale and reservations.",
            "Show a visiting agent around the office.",
        ),
        additions=("Bring your own list.", "Remote, link in the calendar."),
        done=("Held.",),
        rejected=("Cancelled.",),
    ),
    "search": Saying(
        openings=(
            "{buyer} is looking for {wish} near the centre, budget {budget}.",
            "Follow up {buyer:s} search: {wish}, at most {budget}.",
            "Check new homes for {buyer}, who wishes for {wish}.",
            "Is {buyer} still looking? Wants {wish}, moving within six months.",
            "Update {buyer:s} saved search, the budget is now {budget}.",
        ),
        additions=(
            "A sauna would be a plus.",
            "Near an international school.",
            "Relocating for work.",
            "Has a dog, a park nearby would help.",
        ),
        done=("Two good ones sent.", "Saved search updated."),
        rejected=("No longer looking.",),
    ),
    "financing": Saying(
        openings=(
            "Ask {buyer} whether the bank has decided: {address}.",
            "{buyer:s} mortgage decision is open ({home} on {street}), chase it.",
            "Follow {buyer:s} financing: {address}, price {offer}.",
        ),
        additions=(
            "The condition lapses on {later}.",
            "The bank still wants a pay slip.",
            "Valuation ordered by the bank.",
        ),
        done=("Mortgage granted, we go on.", "Financing settled, closing on {later}."),
        rejected=("The bank declined.",),
    ),
    "end of assignment": Saying(
        openings=(
            "{seller:s} assignment ends on {later} ({address}).",
            "Agree with {seller} how to go on: {home} on {street}.",
            "New assignment with {seller}: {home} on {street}, asking {price}.",
        ),
        additions=("Suggest one more month.", "Suggest new photos and a price check."),
        done=("Extended by three months.", "Going on at {offer}."),
        rejected=("The seller will not go on.",),
    ),
    "after the sale": Saying(
        openings=(
            "Ask {buyer} how the move to {street} went.",
            "Flowers for {buyer}, who gets the keys to the {home} on {street}.",
            "Ask {buyer} for a review of the {street} sale.",
        ),
        additions=("Leave a card.", "Help with the electricity contract."),
        done=("Happy, will recommend us.", "Five stars."),
        rejected=("Does not wish to be contacted.",),
    ),
    "report": Saying(
        openings=(
            "Report to {seller} at {time}: {address}.",
            "Go through viewings and feedback with {seller}: {home} on {street}.",
            "Monthly report on the sale of the {home} on {street}, for {seller} at {time}.",
        ),
        additions=(
            "The advertisement has had {views} views.",
            "Three viewings so far.",
            "Bring a price recommendation.",
        ),
        done=("Done, new price {offer}.", "Seller content, we carry on."),
        rejected=("Moved to next week.",),
    ),
    "certificate": Saying(
        openings=(
            "The manager’s certificate expires on {later}: {address}.",
            "Order a new manager’s certificate, {home} on {street}.",
            "{address}: general meeting on {later}, ask the manager about the decisions.",
        ),
        additions=("The buyer’s bank is waiting.", "Invoice to the seller."),
        done=("Ordered and attached.",),
        rejected=("No longer on the market.",),
    ),
    "listing": Saying(
        openings=(
            "{address}: the advertisement is on the front page until {later}.",
            "The price of the {home} on {street} goes down to {offer}.",
            "{address} is reserved, take the viewing times off.",
            "{buyer} has booked a place at the {street} viewing.",
        ),
        additions=("Update the shop window.", "Tell the whole team."),
        done=("Updated everywhere.",),
        rejected=("False alarm.",),
    ),
    "training": Saying(
        openings=("Course: selling to international clients.", "English for estate agents, lesson at {time}."),
        additions=("Remote, link in the calendar.", "Two hours."),
        done=("Attended.",),
        rejected=("Cancelled, new date {later}.",),
    ),
    "condition report": Saying(
        openings=(
            "Condition inspection at {time}: {address}, let the inspector in.",
            "Order a condition inspection of the {home} on {street}, {seller} pays.",
            "Go through the inspection report with {seller}: {home} on {street}.",
        ),
        additions=("The inspector needs to get into the attic.", "Check the building permits too."),
        done=("Done, nothing serious.", "Report received, the roof needs work."),
        rejected=("The inspector cancelled.",),
    ),
    "photographs": Saying(
        openings=(
            "Photographs at {time}: {address}, {layout}.",
            "Photographer and stylist to {street}, agree a time with {seller}.",
            "The floor plan is missing: measure the {home} on {street} ({area}).",
        ),
        additions=("In daylight.", "The seller cleans the evening before."),
        done=("Photos received and published.", "Done, material due {later}."),
        rejected=("Cancelled because of rain.",),
    ),
    "keys": Saying(
        openings=(
            "Collect the keys to the {home} on {street} from {seller}.",
            "Return the keys to {seller}, {address}.",
            "Hand the keys to {buyer} at {time}, {address}.",
        ),
        additions=("Three keys and one for the storage room.", "Both must sign.", "Key hook 14."),
        done=("Keys signed for.",),
        rejected=("The seller saw to it.",),
    ),
    "land": Saying(
        openings=(
            "Order the property register extract and map for the {home} on {street}.",
            "Ask the municipality about zoning, {home} on {street}.",
            "Walk the boundaries with {seller}: {home} on {street}, {plot}.",
        ),
        additions=("The neighbour has asked too.", "Check the title."),
        done=("Extracts received.",),
        rejected=("The seller postpones.",),
    ),
    "paperwork": Saying(
        openings=("Translate the office’s standard letter into English.", "Update the English web pages."),
        additions=("Before the end of the month.", "Ready by {later}."),
        done=("Done.",),
        rejected=("Not needed.",),
    ),
}

ENGLISH = Phrasebook(_SAYINGS, _day, _clock, _euros, _square_metres)
