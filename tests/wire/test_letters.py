"""Letters: search, get and send again under /askare/v1/letters, and the page behind the link in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from msgspec import Struct

from askare.jobs.outbox import HOUSE_USER
from askare.kernel.caller import Caller, Role
from askare.kernel.time import settled, written
from askare.letters import operations
from askare.letters.model import Recipient, RecipientKind, Rhythm, Timing
from tests.journeys.waiting import until
from tests.letter_values import a_card, an_alert, part, read
from tests.server import Client
from tests.store.watching import a_watch, require, watch
from tests.values import DAY
from tests.wire.asking import REQUEST_ID, UNKNOWN_ID, Agency, Person, assert_bad_parameters, assert_error, on_both
from tests.wire.conftest import Running
from tests.wire.documented import check_against_document

LETTERS = "/askare/v1/letters"
ONE_CLICK = b"List-Unsubscribe=One-Click"


class Office(Struct, frozen=True):
    """An agency whose letters we write, straight into the database as a match would."""

    shared: Running
    agency: Agency
    caller: Caller

    def write(
        self,
        party: str,
        *,
        watch: UUID | None = None,
        realty: UUID | None = None,
        timing: Timing = Timing.INSTANT,
    ) -> None:
        alert = an_alert(
            a_card(realty or uuid4()),
            watch=watch or self.watch(party),
            to=Recipient(RecipientKind.PARTY, UUID(party)),
            timing=timing,
        )
        now = settled(datetime.now(UTC))
        self.shared.database.write(
            lambda tx: operations.write_alerts(tx, [alert], new_id=uuid4, rhythm=Rhythm(), now=now), self.caller
        )

    def watch(self, *parties: str) -> UUID:
        """A watch that tells these parties, who may want to hear no more of it."""
        now = settled(datetime.now(UTC))
        requirement = require(self.shared.database, requirement_id=uuid4(), by=self.caller, now=now)
        wanted = a_watch(requirement=requirement, end=now + 100 * DAY, parties=[UUID(party) for party in parties])
        return watch(self.shared.database, wanted, watch_id=uuid4(), by=self.caller, now=now)

    def party(self, **said: Any) -> str:
        """A new party of the directory; returns its id."""
        party = str(uuid4())
        body = {"partyTypeCode": "PERSON_PARTY", "name": "Maija Meikäläinen", "email": "maija@example.com", **said}
        body = {name: value for name, value in body.items() if value is not None}
        assert self.agency.admin.put(f"/askare/v1/parties/{party}", body).status_code == 201
        return party

    def page(self, **params: Any) -> dict[str, Any]:
        answer = self.agency.admin.get(LETTERS, params=params)
        assert answer.status_code == 200, answer.text
        check_against_document(answer, self.agency.nobody, "askare")
        found: dict[str, Any] = answer.json()
        return found

    def letter_in_state(self, state: str, **params: Any) -> dict[str, Any]:
        """The one letter that the parameters find, once it is in this state."""
        until(lambda: self.page(stateCode=state, **params)["letters"], f"a letter that is {state}")
        (letter,) = self.page(**params)["letters"]
        return dict(letter)

    def mail(self, letter: dict[str, Any]) -> EmailMessage:
        """What the local twin kept of a letter."""
        return read(self.mail_bytes(letter))

    def mail_bytes(self, letter: dict[str, Any]) -> bytes:
        (file,) = (self.shared.server.data / "mail").glob(f"*-{letter['letterId']}.eml")
        return file.read_bytes()

    def link_to(self, party: str, *, watch: UUID | None = None) -> str:
        """The path of the page at which the party ends the letters of a watch."""
        self.write(party, watch=watch)
        letter = self.letter_in_state("SENT", recipientId=party)
        address = str(self.mail(letter)["List-Unsubscribe"]).strip("<>")
        assert address.startswith(f"{self.shared.server.url}/askare/unsubscribe/")
        return address.removeprefix(self.shared.server.url)


@pytest.fixture
def office(shared: Running, agency: Agency) -> Office:
    ((number, organization),) = shared.database.read(
        lambda tx: tx.rows(
            "SELECT organization_no, organization_id FROM organizations WHERE name = :name", name=agency.name
        )
    )
    return Office(shared, agency, Caller(number, UUID(bytes=bytes(organization)), HOUSE_USER, Role.ADMIN))


# Searching and getting -------------------------------------------------------------------------------------------


@on_both
def test_an_admin_sees_that_a_letter_was_sent_to_whom_and_what_the_server_said(office: Office) -> None:
    party, realty = office.party(), uuid4()
    watch = office.watch(party)
    office.write(party, watch=watch, realty=realty)

    letter = office.letter_in_state("SENT", recipientId=party)

    assert (letter["kindCode"], letter["recipientCode"], letter["recipientId"]) == ("ALERT", "PARTY", party)
    assert (letter["watchId"], letter["realtyIds"]) == (str(watch), [str(realty)])
    assert (letter["address"], letter["attempts"], letter["timesSentAgain"]) == ("maija@example.com", 1, 0)
    assert letter["lastAnswer"].startswith("kept as ")
    assert letter["subject"].startswith("Uusi kohde: Hämeenkatu 1 A 2")
    assert letter["sentTime"] >= letter["creationTime"]
    assert "reason" not in letter
    answer = office.agency.admin.get(f"{LETTERS}/{letter['letterId']}")
    check_against_document(answer, office.agency.nobody, "askare")
    assert answer.json() == letter


@on_both
def test_the_mail_is_in_the_data_folder_for_people_to_read(office: Office) -> None:
    party = office.party(languageCode="sv")
    office.write(party)

    letter = office.letter_in_state("SENT", recipientId=party)

    mail = office.mail_bytes(letter)
    assert "Hämeenkatu 1 A 2, Tammela, 33100 Tampere" in mail.decode()
    assert part(mail, "plain").startswith("Hej Maija Meikäläinen,")
    assert "249\u00a0000\u00a0€" in part(mail, "html")


@pytest.mark.parametrize(
    ("said", "reason"),
    [({"email": None}, "no e-mail address of the recipient is known")],
)
def test_an_admin_sees_why_somebody_got_no_mail(office: Office, said: dict[str, Any], reason: str) -> None:
    party = office.party(**said)
    office.write(party)

    letter = office.letter_in_state("REFUSED", recipientId=party)

    assert letter["reason"] == reason
    assert "sentTime" not in letter


def test_a_digest_waits_for_its_hour(office: Office) -> None:
    party = office.party()
    watch = office.watch(party)
    office.write(party, watch=watch, timing=Timing.DIGEST)
    office.write(party, watch=watch, timing=Timing.DIGEST)

    (letter,) = office.page(recipientId=party)["letters"]

    assert (letter["kindCode"], letter["stateCode"]) == ("DIGEST", "WAITING")
    assert len(letter["realtyIds"]) == 2
    assert letter["nextAttemptTime"] == letter["dueTime"] > letter["creationTime"]


@on_both
def test_letters_are_found_by_what_they_are_about(office: Office) -> None:
    maija, otto = office.party(), office.party(email=None)
    watch, realty = office.watch(maija, otto), uuid4()
    office.write(maija, watch=watch)
    office.write(otto, watch=watch, realty=realty)
    office.write(maija, timing=Timing.DIGEST)
    until(lambda: office.page(stateCode="WAITING")["totalCount"] == 1, "two letters that are over")

    def count(**params: Any) -> int:
        return int(office.page(**params)["totalCount"])

    later = written(settled(datetime.now(UTC) + timedelta(hours=1)))
    assert count() == 3
    assert count(stateCode="SENT") == 1
    assert count(stateCode="SENT,REFUSED") == 2
    assert count(kindCode="DIGEST") == 1
    assert count(recipientId=maija) == 2
    assert count(watchId=str(watch)) == 2
    assert count(realtyId=str(realty)) == 1
    assert count(realtyId=str(realty), recipientId=maija) == 0
    assert (count(createdAfter=later), count(createdBefore=later)) == (0, 3)


def test_a_page_is_the_newest_first_unless_asked_for_otherwise(office: Office) -> None:
    party = office.party()
    for _ in range(3):
        office.write(party)

    newest_first = [letter["letterId"] for letter in office.page()["letters"]]

    assert [letter["letterId"] for letter in office.page(sort="creationTime")["letters"]] == newest_first[::-1]
    assert [letter["letterId"] for letter in office.page(startIndex=1, size=1)["letters"]] == newest_first[1:2]
    assert office.page(startIndex=1, size=1)["totalCount"] == 3


def test_a_known_letter_is_not_sent_to_the_asker_again(office: Office) -> None:
    party = office.party()
    office.write(party)
    letter = office.letter_in_state("SENT", recipientId=party)
    path = f"{LETTERS}/{letter['letterId']}"
    tag = office.agency.admin.get(path).headers["etag"]

    assert office.agency.admin.get(path, headers={"If-None-Match": tag}).status_code == 304


# Sending again ---------------------------------------------------------------------------------------------------


@on_both
def test_a_letter_that_was_refused_is_sent_once_its_reader_has_an_address(office: Office) -> None:
    party = office.party(email=None)
    office.write(party)
    letter = office.letter_in_state("REFUSED", recipientId=party)
    body = {"partyTypeCode": "PERSON_PARTY", "name": "Maija", "email": "maija@example.com"}
    office.agency.admin.put(f"/askare/v1/parties/{party}", body)

    answer = office.agency.admin.post(f"{LETTERS}/{letter['letterId']}:send")

    assert answer.status_code == 202, answer.text
    check_against_document(answer, office.agency.nobody, "askare")
    assert (answer.json()["stateCode"], answer.json()["timesSentAgain"]) == ("WAITING", 1)
    sent = office.letter_in_state("SENT", recipientId=party)
    assert office.mail(sent)["Message-ID"] == f"<{letter['letterId']}.1@localhost>"


def test_sending_again_under_one_key_is_done_once(office: Office) -> None:
    party = office.party()
    office.write(party)
    path = f"{LETTERS}/{office.letter_in_state('SENT', recipientId=party)['letterId']}:send"

    answers = [office.agency.admin.post(path, headers={"Idempotency-Key": "again"}) for _ in range(2)]

    assert [answer.json()["timesSentAgain"] for answer in answers] == [1, 1]
    assert office.letter_in_state("SENT", recipientId=party)["timesSentAgain"] == 1


def test_a_digest_that_still_gathers_is_not_sent(office: Office) -> None:
    party = office.party()
    office.write(party, timing=Timing.DIGEST)
    (letter,) = office.page(recipientId=party)["letters"]

    answer = office.agency.admin.post(f"{LETTERS}/{letter['letterId']}:send")

    assert_error(answer, 400, "INVALID_STATUS", [("letterId", "INVALID_STATUS")])


# Refusals --------------------------------------------------------------------------------------------------------


def ways(letter_id: str) -> list[tuple[str, str]]:
    return [("GET", LETTERS), ("GET", f"{LETTERS}/{letter_id}"), ("POST", f"{LETTERS}/{letter_id}:send")]


def test_letters_are_for_administrators_alone(office: Office) -> None:
    for who in (office.agency.agent, office.agency.supervisor, office.agency.operator, office.agency.ingest):
        for method, path in ways(UNKNOWN_ID):
            assert_error(who.request(method, path), 403, "ACCESS_DENIED")
    for method, path in ways(UNKNOWN_ID):
        assert_error(office.agency.nobody.request(method, path), 401, "UNAUTHORIZED")


@on_both
def test_letters_of_another_organization_are_unknown(office: Office) -> None:
    party = office.party()
    office.write(party)
    letter = office.letter_in_state("SENT", recipientId=party)

    assert office.agency.stranger.get(LETTERS).json() == {"letters": [], "totalCount": 0}
    for method, path in ways(letter["letterId"])[1:]:
        for asker, known in ((office.agency.stranger, letter["letterId"]), (office.agency.admin, UNKNOWN_ID)):
            answer = asker.request(method, path.replace(letter["letterId"], known))
            body = assert_error(answer, 404, "INVALID_ID", [("letterId", "INVALID_ID")])
            assert body["description"] == "No letter has this id."


@pytest.mark.parametrize(
    ("params", "target"),
    [
        ({"stateCode": "LOST"}, "stateCode"),
        ({"kindCode": "alert"}, "kindCode"),
        ({"recipientId": "x"}, "recipientId"),
        ({"watchId": "1"}, "watchId"),
        ({"realtyId": ""}, "realtyId"),
        ({"createdAfter": "yesterday"}, "createdAfter"),
        ({"createdBefore": "2026-01-01T00:00:00"}, "createdBefore"),
        ({"size": "101"}, "size"),
        ({"startIndex": "-1"}, "startIndex"),
        ({"sort": "address"}, "sort"),
        ({"state": "SENT"}, "state"),
    ],
)
def test_a_malformed_parameter_is_named(agency: Agency, params: dict[str, str], target: str) -> None:
    assert_bad_parameters(agency.admin.get(LETTERS, params=params), (target, "INVALID_TYPE"))


def test_a_malformed_id_is_named(agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(f"{LETTERS}/x"), ("letterId", "INVALID_TYPE"))
    assert_bad_parameters(agency.admin.post(f"{LETTERS}/x:send"), ("letterId", "INVALID_TYPE"))


# Unsubscribing ---------------------------------------------------------------------------------------------------


def bare(client: Client, method: str, path: str, **how: Any) -> httpx2.Response:
    """As browsers and mail programs ask: without Request-ID and token."""
    return client.request(method, path, headers={"Request-ID": None, **how.pop("headers", {})}, **how)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def assert_page(answer: httpx2.Response, title: str, *, status: int = 200, language: str = "fi") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{title}</h1>" in answer.text
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def is_stopped(office: Office, party: str, watch: UUID) -> bool:
    """Whether the next letter of the watch is held back."""
    realty = uuid4()
    office.write(party, watch=watch, realty=realty)
    until(lambda: not office.page(realtyId=str(realty), stateCode="WAITING")["letters"], "a letter that is over")
    (letter,) = office.page(realtyId=str(realty))["letters"]
    return bool(letter["stateCode"] == "WITHDRAWN" and letter["reason"] == "the recipient unsubscribed")


@on_both
def test_a_mail_program_ends_the_letters_of_a_watch_with_one_click(office: Office) -> None:
    party = office.party()
    watch = office.watch(party)
    path = office.link_to(party, watch=watch)

    answer = bare(office.agency.nobody, "POST", path, content=ONE_CLICK, headers=FORM)

    assert_page(answer, "Viestit on lopetettu")
    assert is_stopped(office, party, watch)
    assert not is_stopped(office, party, office.watch(party))


def test_one_click_works_as_a_multipart_form_too(office: Office) -> None:
    party = office.party()
    watch = office.watch(party)
    path = office.link_to(party, watch=watch)
    form = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'

    answer = bare(
        office.agency.nobody, "POST", path, content=form, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert_page(answer, "Viestit on lopetettu")
    assert is_stopped(office, party, watch)


@on_both
def test_following_the_link_shows_a_page_and_changes_nothing(office: Office) -> None:
    party = office.party()
    watch = office.watch(party)
    path = office.link_to(party, watch=watch)

    for _ in range(3):
        assert_page(bare(office.agency.nobody, "GET", path), "Lopetetaanko viestit?")
    bare(office.agency.nobody, "HEAD", path)

    assert not is_stopped(office, party, watch)


@on_both
def test_the_page_says_what_it_did_and_takes_it_back(office: Office) -> None:
    party = office.party()
    watch = office.watch(party)
    path = office.link_to(party, watch=watch)

    for _ in range(2):
        assert_page(bare(office.agency.nobody, "POST", path), "Viestit on lopetettu")
    assert_page(bare(office.agency.nobody, "GET", path), "Viestit on lopetettu")
    for _ in range(2):
        assert_page(bare(office.agency.nobody, "POST", f"{path}/undo"), "Viestit jatkuvat")

    assert_page(bare(office.agency.nobody, "GET", path), "Lopetetaanko viestit?")
    assert not is_stopped(office, party, watch)


@pytest.mark.parametrize(
    ("code", "title"),
    [("sv", "Avsluta meddelandena?"), ("en-GB", "End these messages?"), ("fi", "Lopetetaanko viestit?")],
)
def test_the_page_is_in_the_reader_s_language(office: Office, code: str, title: str) -> None:
    path = office.link_to(office.party(languageCode=code))

    assert_page(bare(office.agency.nobody, "GET", path), title, language=code[:2])


@pytest.mark.parametrize("hung_on", ["?utm_source=mail&x=%00", "?token=1", ">", ").", "/"])
def test_what_is_hung_on_the_link_on_its_way_does_no_harm(office: Office, hung_on: str) -> None:
    path = office.link_to(office.party())

    assert_page(bare(office.agency.nobody, "GET", path + hung_on), "Lopetetaanko viestit?")
    assert_page(bare(office.agency.nobody, "POST", path + hung_on), "Viestit on lopetettu")


def test_a_connection_serves_on_after_a_click(office: Office) -> None:
    path = office.link_to(office.party())

    for _ in range(3):
        answer = bare(office.agency.nobody, "POST", path, content=b"x" * 10_000, headers=FORM)
        assert answer.status_code == 200
        assert bare(office.agency.nobody, "GET", path).status_code == 200


def test_a_key_that_comes_beside_a_click_changes_nothing_about_it(office: Office) -> None:
    paths = [office.link_to(office.party()) for _ in range(2)]

    for path in paths:
        bare(office.agency.nobody, "POST", path, headers={"Idempotency-Key": "the same"})

    for path in paths:
        assert_page(bare(office.agency.nobody, "GET", path), "Viestit on lopetettu")


@pytest.mark.parametrize("token", [REQUEST_ID.replace("-", ""), "0" * 32, "x", "%3Cscript%3E", "f" * 31, "a" * 300])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_nobody_gave_out_is_answered_with_a_page(agency: Agency, method: str, token: str) -> None:
    answer = bare(agency.nobody, method, f"/askare/unsubscribe/{token}")

    assert_page(answer, "Linkkiä ei tunneta", status=404)
    assert "<script>" not in answer.text


def test_the_page_tells_nothing_of_its_reader(office: Office) -> None:
    """Whoever is forwarded a letter can end it, and learns nothing by that."""
    path = office.link_to(office.party())

    text = bare(office.agency.nobody, "GET", path).text

    assert "Maija" not in text
    assert "@" not in text


def test_a_token_opens_nothing_but_its_page(office: Office) -> None:
    path = office.link_to(office.party())
    token = path.rpartition("/")[2]

    thief = Person(office.agency.nobody, token)

    assert_error(thief.get(LETTERS), 401, "UNAUTHORIZED")
