"""The six verbs of every collection of this dialect, and its lists.  Source: service tasks contract 2, 4 and 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, defstruct

from askare.kernel.caller import Role
from askare.kernel.conditions import Condition, Kind, Wanted, judge, sorted_documents
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Fault, Invalid, Wrong
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.svc import schemas
from askare.wire.svc.fields import Entity, Said, shown
from askare.wire.svc.filters import WORDS, read_condition, read_sorts
from askare.wire.svc.problems import JSON, error_reply
from askare.wire.svc.shapes import Document, as_listed, flattened, masked, read_mask

ROLES = frozenset({Role.ADMIN})  # contract A29
LISTED_MAX = 10_000  # of one list, whatever is asked for; contract 4
_INT32_MAX = 2**31 - 1
WARNING_LETTERS_MAX = 2_000

_FILTER_TOLD = (
    "A JSON object: the fields that must have these values, all of them; a list means any of its values, null means"
    " empty. Or a JSON list, with one of "
    + ", ".join(WORDS)
    + ' first: `["and",["==",["property","isenabled"],1],["like",["property","name"],"%call%"]]`.'
    " Keys of your own in `ext` can be named too."
)
_ORDER_TOLD = (
    'A JSON list of fields, each alone, as `{"field": "desc"}` or as `{"property": "field", "direction": "desc"}`.'
)


class Switch(Enum):
    """Yes or no in a query."""

    NO = "0"
    YES = "1"
    FALSE = "false"
    TRUE = "true"

    def __bool__(self) -> bool:
        return self in (Switch.YES, Switch.TRUE)


class EntityPath(Struct, frozen=True):
    """Which entity, and how it is shown."""

    id: UUID
    mask: Annotated[str, Meta(description="Only these fields, with commas between them.")] = ""
    flat: Annotated[Switch, Meta(description="Members of composite fields as dotted keys.")] = Switch.NO


class OnlyId(Struct, frozen=True):
    """Which entity."""

    id: UUID


class Kept(Protocol):
    """An entity as a room answers it."""

    @property
    def document(self) -> Document: ...


class Store(Protocol):
    """What a collection does, in its room."""

    async def create(self, call: Call, said: Said, entity_id: UUID) -> Kept: ...

    async def get(self, call: Call, entity_id: UUID) -> Kept: ...

    async def list(self, call: Call, wanted: Wanted) -> Page[Document]: ...

    async def change(self, call: Call, said: Said, entity_id: UUID) -> Kept: ...

    async def delete(self, call: Call) -> None: ...

    async def lookup(self, call: Call, key: str) -> Sequence[UUID]: ...


class LookupById(Struct, frozen=True):
    """The key as an object, which is taken too."""

    id: str


def list_parameters(name: str, kinds: Mapping[str, Kind], *, more: Sequence[Any] = ()) -> type[Struct]:
    """The parameters of a list over these fields; `more` are further ones, such as those of its path."""

    def json_text(schema: dict[str, Any], told: str) -> Any:
        return Annotated[str, Meta(description=told, extra_json_schema={"x-json": schema})]

    return defstruct(
        name,
        [
            *more,
            ("filter", json_text(schemas.filter_of(kinds), _FILTER_TOLD), ""),
            ("mask", Annotated[str, Meta(description="Only these fields, with commas between them.")], ""),
            ("offset", Annotated[int, Meta(ge=0, le=_INT32_MAX)], 0),
            (
                "limit",
                Annotated[int, Meta(ge=0, le=_INT32_MAX, description=f"At most {LISTED_MAX} are answered.")],
                LISTED_MAX,
            ),
            ("order", json_text(schemas.order_of(kinds), _ORDER_TOLD), ""),
            ("flat", Annotated[Switch, Meta(description="Members of composite fields as dotted keys.")], Switch.NO),
            ("countonly", Annotated[Switch, Meta(description='Answer `{"count": N}` alone.')], Switch.NO),
        ],
        frozen=True,
    )


def read_wanted(parameters: Any, kinds: Mapping[str, Kind]) -> Wanted:
    """What a list is asked for.  Raises Invalid with every fault of filter and order."""
    faults: list[Fault] = []
    condition: Condition = read_condition(parameters.filter, kinds, faults)
    sorts = read_sorts(parameters.order, kinds, faults)
    if faults:
        raise Invalid(parameters=faults)
    size = 0 if parameters.countonly else min(parameters.limit, LISTED_MAX)
    return Wanted(condition, sorts, Window(parameters.offset, size))


def page_of(documents: Sequence[Document], wanted: Wanted) -> Page[Document]:
    """What is wanted of a few documents that are at hand."""
    found = sorted_documents(filter(judge(wanted.condition), documents), wanted.sorts)
    start = wanted.window.start
    return Page(found[start : start + wanted.window.size], len(found))


def list_reply(page: Page[Document], parameters: Any, unlisted: frozenset[str] = frozenset()) -> Reply:
    """A bare array of the list forms (or of what the mask chooses), or the count alone."""
    headers = {"X-Total-Count": str(page.total)}
    if parameters.countonly:
        return Reply(200, msgspec.json.encode({"count": page.total}), headers, JSON)
    names = read_mask(parameters.mask)
    items = [masked(one, names) if names else as_listed(one, unlisted) for one in page.items]
    return Reply(
        200, msgspec.json.encode([flattened(one) for one in items] if parameters.flat else items), headers, JSON
    )


def json_reply(value: Any, warnings: Sequence[str] = ()) -> Reply:
    headers = {"X-Svctask-Warning": header_text("; ".join(warnings))} if warnings else {}
    return Reply(200, msgspec.json.encode(value), headers, JSON)


def header_text(text: str) -> str:
    """A text as a header can carry it: printable ASCII, and not too long."""
    carried = "".join(one if " " <= one <= "~" else "?" for one in text)
    return carried if len(carried) <= WARNING_LETTERS_MAX else f"{carried[:WARNING_LETTERS_MAX]}..."


WARNING_HEADER: dict[str, Any] = {
    "X-Svctask-Warning": {
        "description": "What was accepted but is surely not meant: unknown fields, a task that can never start.",
        "schema": {"type": "string"},
    }
}
COUNT_HEADER: dict[str, Any] = {
    "X-Total-Count": {
        "description": "How many there are in all.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    }
}


class CountAnswer(Struct, frozen=True):
    """The answer to `countonly`."""

    count: Annotated[int, Meta(ge=0)]


class Words(Struct, frozen=True, kw_only=True):
    """What the document says of a collection."""

    one: str  # svctask
    many: str  # svctasks
    tag: str
    body: Any
    example: Any


class Collection:
    """One collection on the wire."""

    def __init__(self, path: str, entity: Entity, store: Store, words: Words, *, deletion: Any = OnlyId) -> None:
        self._path = path
        self._entity = entity
        self._store = store
        self._words = words
        self._kinds = entity.kinds()
        self._unlisted = entity.unlisted()
        self._deletion = deletion

    async def create(self, call: Call) -> Reply:
        said: Said = call.body
        kept = await self._store.create(call, said, said.entity_id or call.new_id())
        return self._kept_reply(kept, said)

    async def get(self, call: Call) -> Reply:
        kept = await self._store.get(call, call.parameters.id)
        return json_reply(self._shaped(kept.document, call.parameters))

    async def list(self, call: Call) -> Reply:
        page = await self._store.list(call, read_wanted(call.parameters, self._kinds))
        return list_reply(page, call.parameters, self._unlisted)

    async def change(self, call: Call) -> Reply:
        said: Said = call.body
        if said.entity_id not in (None, call.parameters.id):
            raise Invalid.in_body("id", Wrong.STATE, "Field id is prohibited for modification")
        return self._kept_reply(await self._store.change(call, said, call.parameters.id), said)

    async def delete(self, call: Call) -> Reply:
        await self._store.delete(call)
        return Reply(204)

    async def lookup(self, call: Call) -> Reply:
        found = await self._store.lookup(call, call.body)
        if not found:
            return error_reply(404, "Lookup failed")
        return json_reply([str(one) for one in found])

    def _kept_reply(self, kept: Kept, said: Said) -> Reply:
        unknown = [f"{header_text(name[:60])} is no field here and was left out" for name in said.unknown]
        return json_reply(kept.document, [*unknown, *getattr(kept, "warnings", ())])

    def _shaped(self, document: Document, parameters: EntityPath) -> Document:
        names = read_mask(parameters.mask)
        document = masked(document, names) if names else document
        return flattened(document) if parameters.flat else document

    def endpoints(self) -> Sequence[Endpoint]:
        """The collection's table."""
        words, entity = self._words, self._entity
        title = words.one.capitalize()
        new, change = (schemas.body_of(entity, f"{title}{what}", whole=what == "New") for what in ("New", "Change"))
        answer_type = schemas.shown_of(entity, title)
        whole = Answer(
            200,
            f"The {words.one} as it is now.",
            answer_type,
            (Example(words.one, words.example),),
            headers=WARNING_HEADER,
        )
        one = f"{self._path}/{{id}}"
        listed = as_listed(words.example, self._unlisted)
        return [
            Endpoint(
                method="POST",
                path=self._path,
                operation_id=f"{words.one}.create",
                summary=f"Create a {words.one}",
                description="Sent again with the same id and the same fields, it answers what is there.",
                tag=words.tag,
                roles=ROLES,
                handle=self.create,
                body=Body(
                    new,
                    f"The {words.one}; what is left out has its default.",
                    (Example(words.one, words.body),),
                    read=entity.read_new,
                    needs_media_type=False,
                ),
                answers=(whole,),
                problems=(409,),
            ),
            Endpoint(
                method="GET",
                path=self._path,
                operation_id=f"{words.one}.list",
                summary=f"List {words.many}",
                description=f"Without `order` they come in the order of their creation. A list shows all fields but"
                f" {', '.join(sorted(self._unlisted))}; a mask can choose these too.",
                tag=words.tag,
                roles=ROLES,
                handle=self.list,
                parameters=list_parameters(f"{title}ListParameters", self._kinds),
                answers=(
                    Answer(
                        200,
                        "The list forms; or the count, when that alone is asked for.",
                        list[answer_type] | CountAnswer,  # type: ignore[valid-type]
                        (Example("list", [listed]), Example("count", {"count": 1})),
                        headers=COUNT_HEADER,
                    ),
                ),
            ),
            Endpoint(
                method="LOOKUP",
                path=self._path,
                operation_id=f"{words.one}.lookup",
                summary=f"Look a {words.one} up by a key",
                description="Where LOOKUP cannot pass: POST with the header `X-HTTP-Method-Override: LOOKUP`.",
                tag=words.tag,
                roles=ROLES,
                handle=self.lookup,
                body=Body(
                    str | LookupById,
                    "The key, a JSON string.",
                    (Example("key", words.example["id"]),),
                    read=read_key,
                    needs_media_type=False,
                ),
                answers=(Answer(200, "The ids found.", list[UUID], (Example("ids", [words.example["id"]]),)),),
                by_override=True,
            ),
            Endpoint(
                method="GET",
                path=one,
                operation_id=f"{words.one}.get",
                summary=f"Get a {words.one}",
                tag=words.tag,
                roles=ROLES,
                handle=self.get,
                parameters=EntityPath,
                answers=(Answer(200, f"The {words.one}.", answer_type, (Example(words.one, words.example),)),),
            ),
            Endpoint(
                method="PATCH",
                path=one,
                operation_id=f"{words.one}.change",
                summary=f"Change a {words.one}",
                description="Fields that are not named stay. `opts` and `ext` are merged key by key, lists are replaced"
                " whole, null brings a default back (or takes a key of `ext` away).",
                tag=words.tag,
                roles=ROLES,
                handle=self.change,
                parameters=OnlyId,
                body=Body(
                    change,
                    "The fields that change.",
                    (Example("change", {"opts": {"comment": "Ask Veikko"}}),),
                    read=entity.read_change,
                    needs_media_type=False,
                ),
                answers=(whole,),
                problems=(409,),
                by_override=True,
            ),
            Endpoint(
                method="DELETE",
                path=one,
                operation_id=f"{words.one}.delete",
                summary=f"Delete a {words.one}",
                tag=words.tag,
                roles=ROLES,
                handle=self.delete,
                parameters=self._deletion,
                answers=(Answer(204, "It is gone."),),
                by_override=True,
            ),
        ]


def read_key(plain: Any) -> str | Sequence[Fault]:
    """The key of a LOOKUP: a string, or an object with it (contract A22)."""
    key = plain.get("id") if isinstance(plain, dict) else plain
    if isinstance(key, str):
        return key
    return [Fault("body", Wrong.TYPE, f'{shown(plain)} is not accepted; it must be a JSON string such as "<id>"')]
