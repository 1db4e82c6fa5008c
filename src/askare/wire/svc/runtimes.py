"""Scripts that run at this moment: start one, list them, stop one.  Source: service tasks contract 5.2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from askare.kernel.conditions import Kind
from askare.kernel.problems import Fault, Wrong
from askare.svctasks import operations
from askare.svctasks.model import Surroundings, svc_id
from askare.svctasks.rules import START_PARAMETERS
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.svc import examples, schemas
from askare.wire.svc.collection import (
    COUNT_HEADER,
    ROLES,
    CountAnswer,
    OnlyId,
    json_reply,
    list_parameters,
    list_reply,
    page_of,
    read_wanted,
)
from askare.wire.svc.fields import read_name, shown

PATH = "/rest/v1/service/svcscript_runtimes"
TAG = "Running scripts"

_KINDS = {
    "id": Kind.UUID,
    "site": Kind.TEXT,
    "node": Kind.TEXT,
    "domain": Kind.TEXT,
    "type": Kind.TEXT,
    "code": Kind.TEXT,
}

RUNTIME = schemas.struct_of(
    "Runtime",
    {"id": schemas.UUID, **{name: {"type": "string"} for name in ("site", "node", "domain", "type", "code")}},
    description="A script that runs, or is about to.",
)


def start_body(name: str, more: dict[str, schemas.Schema], *, required: Iterable[str] = ()) -> Any:
    """The body of a start: `startparam1` to `startparam9`, of any kind, besides what is named."""
    return schemas.struct_of(name, {**more, **{one: {} for one in START_PARAMETERS}}, required=required)


def read_parameters_of_start(plain: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The start parameters that a body names."""
    return {name: plain[name] for name in names if name in plain}


def read_start(plain: Any) -> tuple[str, dict[str, Any]] | list[Fault]:
    """The body of a start: the script's code, and its parameters."""
    if not isinstance(plain, dict):
        return [Fault("body", Wrong.TYPE, f"{shown(plain)} is not accepted; it must be an object")]
    if plain.get("code") is None:
        return [Fault("code", Wrong.MISSING, "is required")]
    faults: list[Fault] = []
    code = read_name(plain["code"], "code", faults)
    return faults or (code, read_parameters_of_start(plain, START_PARAMETERS))


class RuntimeApi:
    """The three verbs."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    async def start(self, call: Call) -> Reply:
        code, parameters = call.body
        started = await call.write(
            operations.start_script,
            code,
            parameters,
            surroundings=self._surroundings,
            run_id=svc_id(call.new_id(), call.now),
            now=call.now,
        )
        return json_reply(started)

    async def list(self, call: Call) -> Reply:
        wanted = read_wanted(call.parameters, _KINDS)
        return list_reply(page_of(await call.read(operations.list_runtimes), wanted), call.parameters)

    async def stop(self, call: Call) -> Reply:
        await call.write(operations.stop_runtime, call.parameters.id, now=call.now)
        return Reply(204)

    def endpoints(self) -> Iterable[Endpoint]:
        """The table of these."""
        return [
            Endpoint(
                method="POST",
                path=PATH,
                operation_id="svcscript_runtime.start",
                summary="Start a script now",
                tag=TAG,
                roles=ROLES,
                handle=self.start,
                body=Body(
                    start_body("ScriptStart", {"code": schemas.NAME}, required=("code",)),
                    "The code of the script, and its start parameters.",
                    (Example("start", {"code": "cleardata", "startparam1": "dry"}),),
                    read=read_start,
                    needs_media_type=False,
                ),
                answers=(Answer(200, "It is about to start.", RUNTIME, (Example("runtime", examples.RUNTIME),)),),
                problems=(409,),
            ),
            Endpoint(
                method="GET",
                path=PATH,
                operation_id="svcscript_runtime.list",
                summary="List the scripts that run",
                tag=TAG,
                roles=ROLES,
                handle=self.list,
                parameters=list_parameters("RuntimeListParameters", _KINDS),
                answers=(
                    Answer(
                        200,
                        "Those that run; or their count, when that alone is asked for.",
                        list[RUNTIME] | CountAnswer,  # type: ignore[valid-type]
                        (Example("runtimes", [examples.RUNTIME]),),
                        headers=COUNT_HEADER,
                    ),
                ),
            ),
            Endpoint(
                method="DELETE",
                path=f"{PATH}/{{id}}",
                operation_id="svcscript_runtime.stop",
                summary="Stop a script that runs",
                tag=TAG,
                roles=ROLES,
                handle=self.stop,
                parameters=OnlyId,
                answers=(Answer(204, "It is being stopped."),),
                by_override=True,
            ),
        ]
