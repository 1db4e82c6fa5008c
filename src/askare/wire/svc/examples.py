"""The contract's samples, which the document shows and the tests send."""

from __future__ import annotations

from typing import Any

SVCTASK: dict[str, Any] = {
    "id": "380daae6-016c-cdd4-606e-50e54938780c",
    "name": "Debtor calls",
    "isenabled": 0,
    "svcscriptcode": "dialByCallList",
    "sitemode": "all",
    "sites": "",
    "isregular": 1,
    "overlap": 1,
    "intervalsec": 3600,
    "dtstart": "2019-02-20T08:00:00Z",
    "dtstop": "2020-02-20T08:00:00Z",
    "schedule": "work",
    "periods": [],
    "opts": {"title": "", "comment": ""},
    "ext": {"ct": "2019-08-26T12:09:03.34Z", "lwt": "2019-08-26T12:09:03.34Z"},
}
SVCSCRIPT: dict[str, Any] = {
    "id": "b6f0f1a2-016c-b91f-2a3e-50e54938780c",
    "code": "test_s3",
    "name": "S3 test",
    "scriptdata": {
        "objects": [{"oId": 1, "oType": 101, "transfer": 2, "name": "Start"}],
        "variables": [],
        "scriptVersion": 170105,
    },
    "projectid": "00000000-0000-0000-0000-000000000000",
    "lwt": "2019-08-22T10:50:21Z",
    "opts": {"title": "", "comment": "", "loglevel": 0, "variables": {"var1": 0}},
    "ext": {"ct": "2019-08-22T10:50:21.43Z", "lwt": "2019-08-22T10:50:21.43Z"},
}
WORKDAY: dict[str, Any] = {
    "id": "9d0c1c3e-016c-cdd9-2f1b-50e54938780c",
    "date": "2019-02-23",
    "isannual": 0,
    "isworkday": 2,
    "asdow": 0,
    "periods": [{"timestart": 540, "timestop": 1080}],
    "opts": {"title": "", "comment": ""},
    "ext": {"ct": "2019-08-26T12:14:18.55Z", "lwt": "2019-08-26T12:14:18.55Z"},
}
RUNTIME: dict[str, Any] = {
    "id": "b7f4ad2f-0624-e7dd-42f5-d000000003e8",
    "site": "SITE1",
    "node": "site1_c@192.168.0.12",
    "domain": "test.rootdomain.ru",
    "type": "svc",
    "code": "code",
}
RUN: dict[str, Any] = {
    "id": "5f0b3a1c-019a-8c3e-7d10-50e54938780c",
    "slot": "2026-11-20T08:00:00Z",
    "last_slot": "2026-11-20T08:00:00Z",
    "slots": 1,
    "site": "main",
    "outcome": "started",
    "reason": "",
    "lateness_ms": 12,
    "endreason": "normal",
    "duration_ms": 840,
    "output": "",
    "origin": "planned",
    "attempt": 1,
}


def body_of(entity: dict[str, Any]) -> dict[str, Any]:
    """What a client would send to have this entity: without what the server writes."""
    return {name: value for name, value in entity.items() if name not in ("id", "ext", "lwt")}
