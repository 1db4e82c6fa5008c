"""What an organization says of how its calls are handled, on the wire.

It stands in our own dialect: the call centre's contract says that there are such options, but not how they are said.
"""

from __future__ import annotations

from typing import Any

import msgspec

from askare.calltasks import own, rules
from askare.calltasks.model import CallSettings
from askare.kernel.caller import Role
from askare.kernel.problems import Fault
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.kit.headers import etag_of
from askare.wire.ovipro.common import document_reply

READERS = frozenset({Role.ADMIN, Role.SUPERVISOR})
WRITERS = frozenset({Role.ADMIN})
PATH = "/call-settings"

EXAMPLE: dict[str, Any] = {
    "statuses": "strict",
    "operatorsSeeAll": None,
    "completeOnLink": True,
    "phoneRegion": "KZ",
    "language": "ru",
    "unknownOperator": None,
    "taskTypes": {
        "callback": {
            "label": "Перезвонить",
            "priority": "high",
            "dueMinutes": 60,
            "dueMinutesByPriority": {"low": None, "medium": None, "high": None, "urgent": 15},
        }
    },
}


class CallSettingsApi:
    """The two operations."""

    def __init__(self, *, empty_success_status: int = 204) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)

    async def get(self, call: Call) -> Reply:
        found = await call.read(own.get_settings)
        return document_reply(found.document, found.version, call)

    async def put(self, call: Call) -> Reply:
        version = await call.write(own.put_settings, call.body, now=call.now, expected_versions=call.expected_versions)
        return msgspec.structs.replace(self._empty_success, headers={"ETag": etag_of(version)})

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [
            Endpoint(
                method="GET",
                path=PATH,
                operation_id="callSettings.get",
                summary="Get the organization's call settings",
                description="Null: the server's own setting holds.",
                tag="Call settings",
                roles=READERS,
                handle=self.get,
                reads_if_none_match=True,
                answers=(Answer(200, "The settings.", CallSettings, (Example("settings", EXAMPLE),), etag=True),),
            ),
            Endpoint(
                method="PUT",
                path=PATH,
                operation_id="callSettings.put",
                summary="Set the organization's call settings",
                description="Replaces the whole: for what is null or left out, the server's own setting holds. Tasks"
                " that are there keep their priority, due date and matched telephone number.",
                tag="Call settings",
                roles=WRITERS,
                handle=self.put,
                reads_if_match=True,
                body=Body(
                    CallSettings, "The whole of the settings.", (Example("settings", EXAMPLE),), faults_of=_faults
                ),
                answers=(Answer(self._empty_success.status, "Done.", etag=True),),
                problems=(412,),
            ),
        ]


def _faults(plain: Any) -> list[Fault]:
    """What the types do not say of a body: which countries there are."""
    region = plain.get("phoneRegion") if isinstance(plain, dict) else None
    is_code = isinstance(region, str) and len(region) == 2 and region.isascii() and region.isupper()
    return rules.region_faults(region) if is_code else []
