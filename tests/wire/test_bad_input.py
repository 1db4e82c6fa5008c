"""What cannot be understood: in parameters, headers, bodies and addresses.  Each fault is named, none breaks us."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from tests.wire.asking import (
    REQUEST_ID,
    TASKS,
    TOKEN,
    UNKNOWN_ID,
    Agency,
    assert_bad_body,
    assert_bad_parameters,
    assert_error,
    raw_answer,
    raw_request,
    raw_start,
)

TYPE, MISSING = "INVALID_TYPE", "VALUE_REQUIRED"
MEBIBYTE = 1024 * 1024
JSON: dict[str, str | bytes] = {"Content-Type": "application/json"}

OPERATIONS = [("POST", TASKS), ("GET", TASKS), *((method, f"{TASKS}/ID") for method in ("GET", "PUT", "DELETE"))]


def send(agency: Agency, content: bytes, *, path: str = TASKS, **how: Any) -> httpx2.Response:
    """A body byte for byte."""
    return agency.admin.request("POST", path, content=content, **how)


def with_description(agency: Agency, written: bytes) -> bytes:
    """The sample body with a description of which the JSON text is given."""
    return json.dumps(agency.task(description="@")).encode().replace(b'"@"', written)


# Query parameters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_unknown_parameter_is_refused_everywhere(method: str, path: str, agency: Agency) -> None:
    there = agency.admin.creates(agency.task())
    body = agency.task() if method in ("POST", "PUT") else None

    answer = agency.admin.request(method, path.replace(f"{TASKS}/ID", there), body, params={"pretty": "true"})

    assert_bad_parameters(answer, ("pretty", TYPE))
    assert agency.admin.page()["totalCount"] == 1


def test_an_unknown_parameter_is_refused_at_the_sign_in(agency: Agency) -> None:
    answer = agency.nobody.post(TOKEN, {"username": "x", "password": "y"}, params={"username": "x"})

    assert_bad_parameters(answer, ("username", TYPE))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("statuscode", "statusCode"),
        ("status", "statusCode"),
        ("startindex", "startIndex"),
        ("freeText", "freeTextSearch"),
        ("pageSize", "size"),
        ("taskTimeBefor", "taskTimeBefore"),
        ("agentIds", "agentId"),
    ],
)
def test_an_unknown_parameter_is_answered_with_the_nearest_known_one(written: str, meant: str, agency: Agency) -> None:
    body = assert_bad_parameters(agency.admin.get(TASKS, params={written: "1"}), (written, TYPE))

    assert body["errors"][0]["message"] == f"Unknown request parameter; did you mean {meant}?"


def test_a_parameter_that_resembles_nothing_is_just_unknown(agency: Agency) -> None:
    body = assert_bad_parameters(agency.admin.get(TASKS, params={"zzzzzz": "1"}), ("zzzzzz", TYPE))

    assert body["errors"][0]["message"] == "Unknown request parameter"


def test_the_id_of_the_path_is_no_query_parameter(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert_bad_parameters(agency.admin.get(path, params={"taskId": UNKNOWN_ID}), ("taskId", TYPE))


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("freeTextSearch=%FF%FE", "freeTextSearch"),
        ("freeTextSearch=%C3%28", "freeTextSearch"),
        ("freeTextSearch=%ED%A0%80", "freeTextSearch"),
        ("freeTextSearch=a%00b", "freeTextSearch"),
        ("%00=1", ""),
        ("%FF=1", "%FF"),
        ("statusCode=%57AITING%00", "statusCode"),
        ("size=5&size[]=6", "size[]"),
        ("=5", ""),
        ("size", "size"),
        ("x" * 5_000 + "=1", "x" * 100 + "…"),
    ],
)
def test_a_query_that_is_no_text_is_named(query: str, target: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"GET {TASKS}?{query}", token=agency.admin.token)

    assert answer.status == 400
    assert [item["target"] for item in answer.json()["errors"]] == [target]


@pytest.mark.parametrize(
    "query", ["", "&", "&&&", "size=5&", "freeTextSearch=%zz", "freeTextSearch=100%", "sort=taskDueTime%7cdesc"]
)
def test_a_query_that_is_only_untidy_is_understood(query: str, agency: Agency) -> None:
    assert raw_request(agency.server, f"GET {TASKS}?{query}", token=agency.admin.token).status == 200


@pytest.mark.parametrize(
    "words",
    [
        " ".join(f"w{number}" for number in range(10_000)),
        " ".join(f"w{number}" for number in range(33)),
        " ".join(chr(0x4E00 + number) for number in range(5_000)),
        "a " * 5_000,
    ],
    ids=["ten thousand words", "33 words", "5,000 words of one letter", "one word 5,000 times"],
)
def test_more_words_than_anybody_looks_for_are_refused(words: str, agency: Agency) -> None:
    assert_bad_parameters(agency.admin.get(TASKS, params={"freeTextSearch": words}), ("freeTextSearch", TYPE))


@pytest.mark.parametrize(
    "words",
    [
        " ".join(f"word{number}" for number in range(32)),
        "x" * 10_000,
        "ä" * 10_000,
        "!" * 10_000,
        "a." * 16 + "!" * 9_000,
    ],
    ids=["32 words", "one long word", "one long word in two bytes a letter", "no word at all", "32 words and signs"],
)
def test_as_many_words_as_are_allowed_are_looked_for(words: str, agency: Agency) -> None:
    agency.admin.creates(agency.task())

    assert agency.admin.get(TASKS, params={"freeTextSearch": words}).status_code == 200


# JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"", 1, 1),
        (b"   ", 1, 4),
        (b"{", 1, 2),
        (b'{"typeCode": "CALL"\n "statusCode": "DONE"}', 2, 2),
        (b"{'typeCode': 'CALL'}", 1, 2),
        (b'{"typeCode": CALL}', 1, 14),
        (b'{"typeCode":\n\n  nul}', 3, 3),
        (b"{} {}", 1, 4),
        (b'{"description": "a\nb"}', 1, 19),
        (b'{"description": "\\x"}', 1, 18),
        (b'{"description": "\\u12"}', 1, 19),
        (b'{"description": "a', 1, 17),
        (b'{"a": 01}', 1, 8),
        (b'{"a": .5}', 1, 7),
        (b'{"a": +1}', 1, 7),
        (b"// hello\n{}", 1, 1),
        (b"typeCode=CALL", 1, 1),
        (b"<task/>", 1, 1),
    ],
)
def test_malformed_json_is_answered_with_its_place(content: bytes, line: int, column: int, agency: Agency) -> None:
    body = assert_bad_body(send(agency, content))

    assert body["description"].startswith("The body is not valid JSON: ")
    assert body["description"].endswith(f" at line {line}, column {column}.")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_no_json(word: str, agency: Agency) -> None:
    body = assert_bad_body(send(agency, b'{\n  "a": ' + word.encode() + b"}"))

    assert body["description"] == f"The body is not valid JSON: {word} is not a JSON number at line 2, column 8."


@pytest.mark.parametrize("written", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xe2\x82"])
def test_bytes_that_are_not_utf_8_are_answered_with_their_place(written: bytes, agency: Agency) -> None:
    body = assert_bad_body(send(agency, b'{\n "description": "a\xc3\xa4' + written + b'"}'))

    assert body["description"] == ("The body is not valid JSON: a byte that is not UTF-8 at line 2, column 20.")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_other_encodings_are_not_guessed(encoding: str, agency: Agency) -> None:
    answer = send(agency, json.dumps(agency.task()).encode(encoding))

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_REQUEST_BODY")


def nested(depth: int, *, opening: bytes, closing: bytes) -> bytes:
    return opening * depth + b"1" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("depth", [32, 33, 1_000, 100_000])
def test_deep_nesting_is_refused_and_does_no_harm(depth: int, opening: bytes, closing: bytes, agency: Agency) -> None:
    content = b'{"a":' + nested(depth, opening=opening, closing=closing) + b"}"

    answer = send(agency, content)

    body = answer.json()
    assert (answer.status_code, body["errorCode"]) == (400, "BAD_REQUEST_BODY")
    assert [item["message"] for item in body["errors"]] == ["is nested more than 32 levels deep"]


def test_nesting_up_to_32_levels_is_read(agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()[:-1] + b', "a":' + nested(31, opening=b"[", closing=b"]") + b"}"

    assert send(agency, content).status_code == 201


@pytest.mark.parametrize(
    ("old", "new", "target"),
    [
        (b'"statusCode"', b'"statusCode": "DONE", "statusCode"', "statusCode"),
        (b'"statusCode"', b'"status\\u0043ode": "DONE", "statusCode"', "statusCode"),
        (b'"partyId"', b'"partyId": "x", "partyId"', "parties[0].partyId"),
        (b'"statusCode"', b'"extra": {"a": 1, "a": 1}, "statusCode"', "extra.a"),
    ],
)
def test_a_key_given_twice_is_refused_with_its_place(old: bytes, new: bytes, target: str, agency: Agency) -> None:
    content = json.dumps(agency.task()).encode().replace(old, new, 1)

    body = assert_bad_body(send(agency, content), (target, TYPE))

    assert body["errors"][0]["message"] == "is given more than once in the same object"


def test_text_that_looks_like_keys_is_text(agency: Agency) -> None:
    path = agency.admin.creates(agency.task(description='{"a": 1, "a" : 2} \\": "'))

    assert agency.admin.get(path).json()["description"] == '{"a": 1, "a" : 2} \\": "'


@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-9223372036854775809", "1" + "0" * 30, "-" + "9" * 5_000, "1" * 20_000]
)
def test_an_integer_beyond_64_bits_is_refused(number: str, agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()[:-1] + b', "extra": {"n": [' + number.encode() + b"]}}"

    answer = send(agency, content)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_REQUEST_BODY")
    assert "64 bits" in answer.text


@pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808", "1e300", "-0", "0.1", "1E-400"])
def test_a_number_that_fits_is_no_fault(number: str, agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()[:-1] + b', "extra": ' + number.encode() + b"}"

    assert send(agency, content).status_code == 201


def test_a_number_beyond_all_measure_is_refused(agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()[:-1] + b', "extra": [1e999]}'

    assert_bad_body(send(agency, content), ("extra[0]", TYPE))


@pytest.mark.parametrize(
    "written",
    [b'"a\\ud800b"', b'"\\udc00"', b'"\\udc00\\ud800"', b'"\\uD83D \\uDE00"', b'"a\\u0000b"', b'"\\u0000"'],
)
def test_half_a_surrogate_pair_and_nul_are_no_text(written: bytes, agency: Agency) -> None:
    assert_bad_body(send(agency, with_description(agency, written)), ("description", TYPE))


def test_a_bare_nul_is_no_json(agency: Agency) -> None:
    answer = send(agency, with_description(agency, b'"a\x00b"'))

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BAD_REQUEST_BODY")


@pytest.mark.parametrize(
    ("written", "kept"),
    [(b'"\\ud83d\\ude00"', "😀"), (b'"\\\\ud800 \\\\u0000"', "\\ud800 \\u0000"), (b'"\\u00e4\\/"', "ä/")],
)
def test_a_whole_pair_and_mere_backslashes_are_text(written: bytes, kept: str, agency: Agency) -> None:
    answer = send(agency, with_description(agency, written))

    assert agency.admin.get(answer.headers["location"]).json()["description"] == kept


def test_an_integer_is_no_text_and_a_text_no_list(agency: Agency) -> None:
    said = agency.task(description=1, parties="[]", agents={"0": {}})

    assert_bad_body(agency.admin.post(TASKS, said), ("description", TYPE), ("parties", TYPE), ("agents", TYPE))


# Bodies as such --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application",
        "*/*",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_does_not_say_it_is_json_is_refused(method: str, media: str | None, agency: Agency) -> None:
    path = TASKS if method == "POST" else f"{TASKS}/{UNKNOWN_ID}"

    answer = agency.admin.request(method, path, agency.task(), headers={"Content-Type": media})

    assert_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "media",
    [
        "application/json;charset=UTF-8",
        'APPLICATION/JSON; Charset="utf-8"',
        "application/json; version=1",
        "application/json; odata=verbose; charset=utf-8",
        "application/json;",
    ],
)
def test_json_with_further_parameters_is_json(media: str, agency: Agency) -> None:
    answer = agency.admin.request("POST", TASKS, agency.task(), headers={"Content-Type": media})

    assert answer.status_code == 201


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br, gzip", 415), ("identity", 201), ("Identity", 201)])
def test_a_body_is_not_unpacked(coding: str, status: int, agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()
    packed = gzip.compress(content) if status == 415 else content

    answer = send(agency, packed, headers={"Content-Encoding": coding, "Content-Type": "application/json"})

    assert answer.status_code == status
    if status == 415:
        assert assert_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE")["description"] == "The body must not be compressed."


def test_a_byte_order_mark_before_the_body_does_no_harm(agency: Agency) -> None:
    assert send(agency, json.dumps(agency.task()).encode("utf-8-sig")).status_code == 201


def test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not(agency: Agency) -> None:
    content = json.dumps(agency.task()).encode()

    assert send(agency, content.ljust(MEBIBYTE)).status_code == 201
    answer = send(agency, content.ljust(MEBIBYTE + 1))

    assert_error(answer, 413, "PAYLOAD_TOO_LARGE")
    assert answer.headers["request-id"]


def test_a_body_of_unknown_length_is_read_up_to_one_mebibyte(agency: Agency) -> None:
    def parts(length: int) -> Iterator[bytes]:
        content = json.dumps(agency.task()).encode().ljust(length)
        yield from (content[at : at + 50_000] for at in range(0, length, 50_000))

    def send_parts(length: int) -> httpx2.Response:
        headers: dict[str, str | None] = {"Content-Type": "application/json"}
        return agency.admin.request("POST", TASKS, content=parts(length), headers=headers)

    assert send_parts(MEBIBYTE).status_code == 201
    assert_error(send_parts(MEBIBYTE + 1), 413, "PAYLOAD_TOO_LARGE")
    assert_error(send_parts(3 * MEBIBYTE), 413, "PAYLOAD_TOO_LARGE")


def test_a_body_that_says_it_is_huge_is_refused_at_its_first_bytes(agency: Agency) -> None:
    with raw_start(
        agency.server,
        f"POST {TASKS}",
        token=agency.admin.token,
        headers={**JSON, "Content-Length": "99999999999999", "Connection": "close"},
    ) as connection:
        connection.sendall(b'{"typeCode"')
        answer = raw_answer(connection)

    assert (answer.status, answer.json()["errorCode"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("length", [100, 60_000, 300_000, 3_000_000])
@pytest.mark.parametrize("refusal", ["no token", "no JSON", "no such address", "no such method"])
def test_a_body_that_was_refused_unread_does_not_spoil_the_next_request(
    refusal: str, length: int, agency: Agency
) -> None:
    path = {"no such address": "/nothing", "no such method": f"{TASKS}/{UNKNOWN_ID}"}.get(refusal, TASKS)
    headers: dict[str, str | None] = {
        "Authorization": None if refusal == "no token" else f"Bearer {agency.admin.token}",
        "Content-Type": "text/plain" if refusal == "no JSON" else "application/json",
    }
    with closing(agency.server.client(agency.admin.token)) as one_connection:
        for _ in range(3):
            refused = one_connection.post(path, content=b" " * length, headers=headers)

            assert refused.status_code in (401, 404, 405, 415)
            assert one_connection.get(TASKS).status_code == 200


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing_behind(agency: Agency) -> None:
    headers: dict[str, str | bytes] = {**JSON, "Content-Length": "1000"}
    for _ in range(5):
        with raw_start(agency.server, f"POST {TASKS}", token=agency.admin.token, headers=headers) as connection:
            connection.sendall(b'{"typeCode": "CALL"')

    assert agency.admin.page()["totalCount"] == 0


def test_a_client_that_leaves_before_the_last_chunk_leaves_nothing_behind(agency: Agency) -> None:
    """What came so far is a whole task, but the client never said that this was all."""
    body = json.dumps(agency.task()).encode()
    headers: dict[str, str | bytes] = {**JSON, "Transfer-Encoding": "chunked"}
    for _ in range(5):
        with raw_start(agency.server, f"POST {TASKS}", token=agency.admin.token, headers=headers) as connection:
            connection.sendall(b"%x\r\n%s\r\n" % (len(body), body))

    assert agency.admin.page()["totalCount"] == 0


def test_a_whole_task_before_a_broken_chunk_is_no_whole_body(agency: Agency) -> None:
    body = json.dumps(agency.task()).encode()
    headers: dict[str, str | bytes] = {**JSON, "Transfer-Encoding": "chunked"}

    answer = raw_request(
        agency.server,
        f"POST {TASKS}",
        token=agency.admin.token,
        headers=headers,
        body=b"%x\r\n%s\r\nzz\r\n" % (len(body), body),
    )

    assert (answer.status, answer.json()["errorCode"]) == (400, "BAD_REQUEST_BODY")
    assert agency.admin.page()["totalCount"] == 0


@pytest.mark.parametrize("line", [f"POST {TASKS}", f"GET {TASKS}", "POST /api/tasks", "POST /rest/v1/service/svctasks"])
@pytest.mark.parametrize("chunks", [b"zz\r\n", b"2\r\n{}\r\nzz\r\n", b"-1\r\n\r\n"])
def test_chunks_that_are_none_are_the_fault_of_the_client(line: str, chunks: bytes, agency: Agency) -> None:
    headers: dict[str, str | bytes] = {**JSON, "Transfer-Encoding": "chunked"}

    answer = raw_request(agency.server, line, token=agency.admin.token, headers=headers, body=chunks)

    assert answer.status in (200, 400)
    assert answer.status == 400 or line.startswith("GET")
    assert agency.admin.page()["totalCount"] == 0


@pytest.mark.parametrize(("method", "path"), [("GET", TASKS), ("DELETE", f"{TASKS}/{UNKNOWN_ID}")])
def test_a_body_that_nobody_asked_for_is_ignored(method: str, path: str, agency: Agency) -> None:
    answer = agency.admin.request(method, path, content=b"{nonsense")

    assert answer.status_code in (200, 404)


# Headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5",
        "null",
        "9031d1c5-7d40-41dd-b2b8-7919a2fc4fe",
        f"{REQUEST_ID}x",
        f"{{{REQUEST_ID}}}",
        "x" * 36,
        "\u00e9" * 36,
    ],
)
def test_a_request_id_must_be_a_uuid_and_is_not_echoed_otherwise(value: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"GET {TASKS}", token=agency.admin.token, headers={"Request-ID": value})

    assert answer.status == 400
    assert [(item["target"], item["errorCode"]) for item in answer.json()["errors"]] == [("Request-ID", TYPE)]
    assert "request-id" not in answer.headers


@pytest.mark.parametrize("value", [REQUEST_ID, REQUEST_ID.upper(), "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"])
def test_a_request_id_comes_back_as_it_was_sent(value: str, agency: Agency) -> None:
    for path, status in ((TASKS, 200), (f"{TASKS}/{UNKNOWN_ID}", 404), (f"{TASKS}/5", 400), ("/tasks/a/b", 404)):
        answer = agency.admin.get(path, headers={"Request-ID": value})

        assert (answer.status_code, answer.headers["request-id"]) == (status, value)
    assert agency.nobody.get(TASKS, headers={"Request-ID": value}).headers["request-id"] == value


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Authorization", 401),
        ("Request-ID", 400),
        ("If-None-Match", 400),
        ("Accept", 200),
        ("User-Agent", 200),
        ("X-Anything", 200),
    ],
)
@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\xa9", b"\xed\xa0\x80", b"\x80"])
def test_a_header_that_is_no_text_breaks_nothing(header: str, status: int, value: bytes, agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    answer = raw_request(agency.server, f"GET {path}", token=agency.admin.token, headers={header: value})

    assert answer.status == status


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer  ", "Basic eDp5", "bearer", "Bearer a b", "Token x", b"Bearer \xc3\xa9"]
)
def test_an_authorization_that_is_no_bearer_token_opens_nothing(value: str | bytes, agency: Agency) -> None:
    answer = raw_request(agency.server, f"GET {TASKS}", headers={"Authorization": value})

    assert (answer.status, answer.json()["errorCode"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_scheme_of_a_token_may_be_written_in_any_case(agency: Agency) -> None:
    for scheme in ("bearer", "BEARER", "Bearer "):
        answer = raw_request(agency.server, f"GET {TASKS}", headers={"Authorization": f"{scheme} {agency.admin.token}"})
        assert answer.status == 200


def test_everything_that_is_wrong_is_told_at_once(agency: Agency) -> None:
    said = agency.task(
        typeCode="CAL", statusCode=..., parties=[{"partyId": 5}], agents=[], description="\x00", realtyId="x"
    )

    answer = agency.admin.put(
        f"{TASKS}/5",
        said,
        params={"force": "1"},
        headers={"Request-ID": "6", "If-Match": "7"},
    )

    # A NUL is no text at all: what is wrong with the fields comes once there is text in them.
    assert_bad_parameters(
        answer, ("Request-ID", TYPE), ("If-Match", TYPE), ("force", TYPE), ("taskId", TYPE), ("description", TYPE)
    )
    answer = agency.admin.put(f"{TASKS}/5", {**said, "description": ["x"]}, headers={"If-Match": "7"})
    assert_bad_parameters(
        answer,
        ("If-Match", TYPE),
        ("taskId", TYPE),
        ("typeCode", TYPE),
        ("statusCode", MISSING),
        ("description", TYPE),
        ("parties[0].partyId", TYPE),
        ("agents", MISSING),
        ("realtyId", TYPE),
    )


# Addresses and methods -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/Tasks",
        "/task-management/v1",
        "/task-management/v1/task",
        "/task-management/v2/tasks",
        f"{TASKS}/{UNKNOWN_ID}/parties",
        "//tasks",
        "/tasks;v=1",
        "/authentication/v1/tokens",
        "/%",
        "/%FF%FE",
        "/%00",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/../../etc/passwd",
        "/docs/assets/..%2F..%2Fmain.py",
        "/" + "x" * 8_000,
    ],
)
def test_an_unknown_address_is_answered_in_the_same_shape(path: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"GET {path}", token=agency.admin.token)

    assert (answer.status, answer.json()["errorCode"]) == (404, "NOT_FOUND")
    assert answer.headers["request-id"] == REQUEST_ID


def test_an_id_without_its_dashes_is_a_typing_slip(agency: Agency) -> None:
    bare = UNKNOWN_ID.replace("-", "")

    in_path = agency.admin.get(f"{TASKS}/{bare}")
    in_body = agency.admin.post(TASKS, agency.task(realtyId=bare, parties=[{"partyId": bare}]))

    assert_bad_parameters(in_path, ("taskId", "INVALID_TYPE"))
    assert_bad_body(in_body, ("realtyId", "INVALID_TYPE"), ("parties[0].partyId", "INVALID_TYPE"))


@pytest.mark.parametrize("task_id", ["%FF%FE", "%00", "%2F", "..", "%zz", "%E2%82", "a%20b", "*", "'--"])
def test_garbage_in_the_place_of_an_id_is_a_faulty_parameter(task_id: str, agency: Agency) -> None:
    answer = raw_request(agency.server, f"GET {TASKS}/{task_id}", token=agency.admin.token)

    assert (answer.status, answer.json()["errorCode"]) == (400, "BAD_REQUEST_PARAMETERS")
    assert [item["target"] for item in answer.json()["errors"]] == ["taskId"]


def test_a_slash_too_many_at_the_end_does_no_harm(agency: Agency) -> None:
    path = agency.admin.creates(agency.task())

    assert agency.admin.get(f"{path}/").status_code == 200
    assert agency.admin.get(f"{TASKS}/").json()["totalCount"] == 1
    assert agency.admin.post("/tasks/", agency.task()).status_code == 201


@pytest.mark.parametrize(
    "method", ["PATCH", "PUT", "DELETE", "TRACE", "PROPFIND", "LOOKUP", "QUERY", "FOO", "get", "X-Y_Z!"]
)
def test_another_method_is_answered_with_those_that_there_are(method: str, agency: Agency) -> None:
    for path, allowed in ((TASKS, "GET, HEAD, OPTIONS, POST"), ("/tasks", "GET, HEAD, OPTIONS, POST")):
        answer = raw_request(agency.server, f"{method} {path}", token=agency.admin.token)

        assert (answer.status, answer.json()["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == allowed
        assert answer.headers["request-id"] == REQUEST_ID


@pytest.mark.parametrize("method", ["PATCH", "POST", "FOO"])
def test_a_task_has_three_methods(method: str, agency: Agency) -> None:
    answer = agency.admin.request(method, f"{TASKS}/{UNKNOWN_ID}")

    assert_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "FOO"])
def test_a_sign_in_has_one_method(method: str, agency: Agency) -> None:
    answer = agency.nobody.request(method, TOKEN)

    assert_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("method", ["GET", "POST", "FOO"])
def test_another_method_on_an_unknown_address_is_an_unknown_address(method: str, agency: Agency) -> None:
    assert_error(agency.admin.request(method, "/nothing"), 404, "NOT_FOUND")
