"""Files of many things: loaded row by row, faulty rows kept apart, written and read back; on both databases."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askare.directory.model import CONTENT_OF, Kind
from askare.directory.references import Checks
from askare.exchange import files, loading, saving
from askare.exchange.files import BadFile, Format
from askare.exchange.loading import Fate, Loading, Outcome
from askare.storage.desk import Database
from askare.wire.kit.reading import plain_json, typed
from tests.samples import NEIGHBOURS
from tests.store.doing import count_rows
from tests.values import NOW, OFFICE, OTHER_OFFICE, PARTY, an_admin, an_id

FORMATS = [".csv", ".xlsx", ".ndjson"]
ADMIN = an_admin()

PARTIES: list[dict[str, Any]] = [
    {
        "partyId": str(an_id(1)),
        "partyTypeCode": "PERSON_PARTY",
        "name": "Maija Meikäläinen",
        "phone": "+358 40 1234567",
    },
    {"partyId": str(an_id(2)), "partyTypeCode": "ORGANIZATION_PARTY", "name": "=SUM(A1:A9)", "email": "a@example.com"},
    {"partyId": str(an_id(3)), "partyTypeCode": "ESTATE_PARTY", "name": '@dödsbo\nEfter, "Göran"; \'x', "phone": "-"},
]
AGENTS: list[dict[str, Any]] = [
    {
        "agentId": str(an_id(1)),
        "firstName": "Veikko",
        "lastName": "Viljanen",
        "agencyOfficeIds": [str(OFFICE), str(OTHER_OFFICE)],
    }
]
REALTIES: list[dict[str, Any]] = [
    {name: value for name, value in NEIGHBOURS["realties"][0].items() if value is not None},
    {"realtyId": str(an_id(9)), "address": {"postcode": "00100"}, "livingAreaInSquareMeters": 55},
]


def a_file(path: Path, kind: Kind, things: list[dict[str, Any]]) -> Path:
    with files.created(path, files.format_of(path), files.table_names(kind)) as sink:
        for thing in things:
            files.write_thing(sink, kind, thing)
    return path


def load(database: Database, path: Path, kind: Kind = Kind.PARTY, **how: Any) -> list[Outcome]:
    asked: dict[str, Any] = {
        "kind": kind,
        "caller": ADMIN,
        "typed": typed,
        "plain": plain_json,
        "checks": Checks.OFF,
        "phone_region": "FI",
        "dry_run": False,
        **how,
    }
    with files.opened(path, kind) as source:
        return list(loading.load(database, source, Loading(**asked), now=lambda: NOW))


def stands(database: Database, kind: Kind = Kind.PARTY) -> list[dict[str, Any]]:
    return list(saving.things(database, kind, ADMIN))


def fates(outcomes: list[Outcome]) -> list[str]:
    return [one.fate.value for one in outcomes]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(("kind", "things"), [(Kind.PARTY, PARTIES), (Kind.AGENT, AGENTS), (Kind.REALTY, REALTIES)])
def test_what_is_written_is_read_back_as_it_was(
    sqlite_database: Database, tmp_path: Path, suffix: str, kind: Kind, things: list[dict[str, Any]]
) -> None:
    path = a_file(tmp_path / f"things{suffix}", kind, things)

    assert fates(load(sqlite_database, path, kind)) == ["new"] * len(things)

    by_id = sorted(things, key=lambda thing: next(iter(thing.values())))
    assert stands(sqlite_database, kind) == by_id
    again = a_file(tmp_path / f"again{suffix}", kind, stands(sqlite_database, kind))
    assert fates(load(sqlite_database, again, kind)) == ["unchanged"] * len(things)


def test_the_same_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path / "parties.csv", Kind.PARTY, PARTIES)
    load(database, path)
    once = (stands(database), count_rows(database, "history"))

    assert fates(load(database, path)) == ["unchanged"] * 3

    assert (stands(database), count_rows(database, "history")) == once


def test_a_dry_run_tells_of_each_row_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    load(database, a_file(tmp_path / "before.csv", Kind.PARTY, PARTIES[:2]))
    history = count_rows(database, "history")
    changed = {**PARTIES[0], "name": "Maija Virtanen", "phone": None}
    faulty = {"partyId": "5", "partyTypeCode": "CAT", "email": "nobody"}
    path = a_file(tmp_path / "after.csv", Kind.PARTY, [changed, PARTIES[1], PARTIES[2], faulty])

    outcomes = load(database, path, dry_run=True)

    assert fates(outcomes) == ["changed", "unchanged", "new", "faulty"]
    assert outcomes[0].fields == ("name", "phone")
    assert [fault.target for fault in outcomes[3].faults] == ["partyId", "partyTypeCode"]
    assert count_rows(database, "history") == history
    assert count_rows(database, "words") > 0
    assert len(stands(database)) == 2


def test_a_faulty_row_keeps_no_other_out_and_leaves_nothing_of_itself(database: Database, tmp_path: Path) -> None:
    operators = [
        {"userId": str(an_id(1)), "code": "A1", "extension": "1", "name": "One"},
        {"userId": str(an_id(2)), "code": "A2", "extension": "1", "name": "Two"},
        {"userId": str(an_id(3)), "code": "A2", "extension": "3", "name": "Three"},
    ]

    outcomes = load(database, a_file(tmp_path / "operators.csv", Kind.OPERATOR, operators), Kind.OPERATOR)

    assert fates(outcomes) == ["new", "faulty", "new"]
    assert outcomes[1].trouble == "extension: another operator has this extension already"
    assert [one["name"] for one in stands(database, Kind.OPERATOR)] == ["One", "Three"]
    assert count_rows(database, "names") == 2


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_error_file_can_be_mended_and_loaded_again(sqlite_database: Database, tmp_path: Path, suffix: str) -> None:
    bad = {**PARTIES[1], "email": "nobody", "partyTypeCode": "PERSON_PARTY"}
    path = a_file(tmp_path / f"parties{suffix}", Kind.PARTY, [PARTIES[0], bad])
    errors = tmp_path / f"errors{suffix}"

    with files.opened(path, Kind.PARTY) as source:
        how = Loading(
            kind=Kind.PARTY,
            caller=ADMIN,
            typed=typed,
            plain=plain_json,
            checks=Checks.OFF,
            phone_region="FI",
            dry_run=False,
        )
        with files.created(errors, files.format_of(errors), files.Errors.names(source)) as sink:
            rejected = files.Errors(source, sink)
            for outcome in loading.load(sqlite_database, source, how, now=lambda: NOW):
                if outcome.fate is Fate.FAULTY:
                    rejected.write(outcome.row, outcome.trouble)

    assert fates(load(sqlite_database, errors)) == ["faulty"]
    mend(errors, "nobody", "somebody@example.com")
    assert fates(load(sqlite_database, errors)) == ["new"]
    assert stands(sqlite_database)[1]["name"] == "=SUM(A1:A9)"


def mend(path: Path, wrong: str, right: str) -> None:
    """Put something right in a file, as a person would in their spreadsheet or editor."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for row in book.worksheets[0].iter_rows():
            for cell in row:
                if cell.value == wrong:
                    cell.value = right
        book.save(path)
    else:
        text = path.read_text(encoding="utf-8")
        assert wrong in text
        path.write_text(text.replace(wrong, right), encoding="utf-8")


def test_the_rows_of_a_csv_are_neutralised_and_counted_as_an_editor_counts_lines(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = a_file(tmp_path / "parties.csv", Kind.PARTY, PARTIES)

    with path.open(encoding="utf-8-sig", newline="") as opened:
        told = list(csv.DictReader(opened))
    assert [one["name"][:2] for one in told] == ["Ma", "'=", "'@"]
    assert [one["phone"] for one in told] == ["'+358 40 1234567", "", "'-"]
    assert [one.row.number for one in load(sqlite_database, path)] == [2, 3, 4]


def test_a_spreadsheet_holds_formulas_as_text(tmp_path: Path) -> None:
    path = a_file(tmp_path / "parties.xlsx", Kind.PARTY, PARTIES)

    sheet = openpyxl.load_workbook(path).worksheets[0]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert all(cell.data_type == "s" for cell in cells)
    assert [cell.quotePrefix for cell in cells if str(cell.value).startswith("=")] == [True]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("partyId;partyTypeCode;name\r\n{id};PERSON_PARTY;Päivi\r\n", "cp1252"),
        ("PARTYID\tpartytypecode\tname\n{id}\tPERSON_PARTY\tPäivi\n\n\t\t\n", "utf-8"),
        ('"partyId","partyTypeCode","name","unknown"\n"{id}","PERSON_PARTY","Päivi","x"', "utf-8-sig"),
    ],
)
def test_csv_is_read_as_people_and_programs_write_it(
    sqlite_database: Database, tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "parties.csv"
    path.write_bytes(text.format(id=PARTY).encode(encoding))

    assert fates(load(sqlite_database, path)) == ["new"]
    assert stands(sqlite_database) == [{"partyId": str(PARTY), "partyTypeCode": "PERSON_PARTY", "name": "Päivi"}]


def test_lines_of_json_that_cannot_be_read_are_faulty_rows(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "parties.ndjson"
    good = msgspec.json.encode(PARTIES[0])
    path.write_bytes(b"\n".join([b"{", b"[]", b'{"partyId": 1e999}', good, b"", good, b"\xff", b'{"a":1,"a":2}']))

    outcomes = load(sqlite_database, path)

    assert [(one.row.number, one.fate.value) for one in outcomes] == [
        (1, "faulty"),
        (2, "faulty"),
        (3, "faulty"),
        (4, "new"),
        (6, "faulty"),
        (7, "faulty"),
        (8, "faulty"),
    ]
    assert outcomes[4].trouble == "partyId: row 4 has the same partyId"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("parties.txt", b"", "must end in"),
        ("parties.csv", b"", "partyId among them"),
        ("parties.csv", b"name,email\nx,y\n", "partyId among them"),
        ("parties.csv", b"partyId,name,NAME\n", "name more than once"),
        ("parties.xlsx", b"PK but no spreadsheet", "is no XLSX file"),
        ("nothing.csv", None, "cannot be read: No such file"),
        ("nothing.xlsx", None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    sqlite_database: Database, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadFile, match=says):
        load(sqlite_database, path)


def test_a_broken_quotation_stops_the_reading_and_says_where(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "parties.csv"
    path.write_text(f'partyId,partyTypeCode,name\n{PARTY},PERSON_PARTY,"a"b\n')

    with pytest.raises(BadFile, match="line 2"):
        load(sqlite_database, path)


def test_more_cells_than_columns_are_a_fault(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "parties.csv"
    path.write_text(f"partyId,partyTypeCode,name\n{PARTY},PERSON_PARTY,Virtanen,Matti\n")

    (outcome,) = load(sqlite_database, path)

    assert outcome.trouble == "there are 4 cells under 3 columns"


def test_more_rows_than_go_into_one_transaction_are_all_loaded(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(loading, "ROWS_AT_ONCE_ALONE", 7)
    monkeypatch.setattr(saving, "THINGS_AT_ONCE", 3)
    many = [{**PARTIES[0], "partyId": str(an_id(number)), "name": f"Party {number}"} for number in range(20)]
    path = a_file(tmp_path / "many.ndjson", Kind.PARTY, many)

    assert fates(load(database, path)) == ["new"] * 20

    assert stands(database) == many
    assert saving.count(database, Kind.PARTY, ADMIN) == 20


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "parties.csv"

    def write() -> None:
        with files.created(path, Format.CSV, files.table_names(Kind.PARTY)) as sink:
            files.write_thing(sink, Kind.PARTY, PARTIES[0])
            raise RuntimeError("the light went out")

    with pytest.raises(RuntimeError, match="light"):
        write()

    assert list(tmp_path.iterdir()) == []


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)


@pytest.mark.parametrize("suffix", FORMATS)
@given(names=st.lists(texts, min_size=1, max_size=5))
def test_any_text_comes_back_out_of_a_file(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, names: list[str]
) -> None:
    things = [
        {"partyId": str(an_id(at)), "partyTypeCode": "PERSON_PARTY", "name": name} for at, name in enumerate(names)
    ]
    path = a_file(tmp_path_factory.mktemp("texts") / f"parties{suffix}", Kind.PARTY, things)

    with files.opened(path, Kind.PARTY) as source:
        read = [
            msgspec.json.decode(row.thing) if isinstance(row.thing, msgspec.Raw) else row.thing for row in source.rows()
        ]

    assert read == things
    assert all(msgspec.convert(one, CONTENT_OF[Kind.PARTY]) for one in read)
