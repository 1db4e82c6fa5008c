"""What the OpenAPI document says of the entities' fields, made from the same tables that bodies are read by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, defstruct

from askare.kernel.conditions import Kind
from askare.wire.svc.fields import TEXT_LETTERS_MAX, Entity

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "maxLength": TEXT_LETTERS_MAX}
NAME: Schema = {**TEXT, "minLength": 1, "pattern": "\\S"}
FLAG: Schema = {"enum": [0, 1, True, False, "0", "1", "true", "false"]}
INTBOOL: Schema = {"enum": [0, 1]}
UUID: Schema = {"type": "string", "format": "uuid"}
OPTIONAL_UUID: Schema = {"anyOf": [UUID, {"const": ""}]}
STAMP: Schema = {"type": "string", "format": "date-time", "pattern": "\\.[0-9]{2}Z$"}
INSTANT: Schema = {"type": "string", "format": "date-time", "pattern": "^(19|20|21)[0-9]{2}-"}
OPTIONAL_INSTANT: Schema = {"anyOf": [INSTANT, {"const": ""}]}
OBJECT: Schema = {"type": "object"}
INTEGER: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}

_OF_KIND: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: INTEGER,
    Kind.FLAG: FLAG,
    Kind.INSTANT: INSTANT,
    Kind.UUID: UUID,
    Kind.NAMES: {"type": "string"},
    Kind.ANY: {"anyOf": [{"type": "string"}, INTEGER]},
}


def whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def each_nullable(properties: Mapping[str, Schema]) -> dict[str, Schema]:
    return {name: nullable(schema) for name, schema in properties.items()}


def struct_of(
    name: str, properties: Mapping[str, Schema], *, required: Iterable[str] = (), description: str = ""
) -> type[Struct]:
    """A type that only the document knows, with these properties."""
    needed = frozenset(required)
    # Those that are needed come first: a type takes no other order.
    fields: list[Any] = [(one, _said(schema)) for one, schema in properties.items() if one in needed]
    fields += [(one, _said(schema), UNSET) for one, schema in properties.items() if one not in needed]
    return defstruct(name, fields, namespace={"__doc__": description} if description else None)


def _said(schema: Schema) -> Any:
    return Annotated[Any, Meta(extra_json_schema=schema)]


def opts_of(entity: Entity) -> Schema:
    return {"type": "object", "properties": {one.name: nullable(one.accepts) for one in entity.opts}}


def body_of(entity: Entity, name: str, *, whole: bool) -> type[Struct]:
    """The body of a create (`whole`) or of a change."""
    properties: dict[str, Schema] = {"id": nullable(UUID)} if whole else {}
    for field in entity.fields:
        schema = field.accepts if field.required else nullable(field.accepts)
        properties[field.name] = {**schema, "description": field.description} if field.description else schema
    properties["opts"] = nullable(opts_of(entity))
    properties["ext"] = nullable({"type": "object", "properties": dict(entity.ext_accepts)})
    return struct_of(
        name,
        properties,
        required=[field.name for field in entity.fields if field.required and whole],
        description="Further fields are left out, and named in X-Svctask-Warning.",
    )


def shown_of(entity: Entity, name: str) -> type[Struct]:
    """The entity as it is answered.  Nothing is required of it: a mask chooses, and flat moves members up."""
    properties: dict[str, Schema] = {"id": UUID}
    properties.update({field.name: field.shows for field in entity.fields})
    properties.update(entity.own)
    properties["opts"] = {"type": "object", "properties": {one.name: one.accepts for one in entity.opts}}
    properties["ext"] = {"type": "object", "properties": {"ct": STAMP, "lwt": STAMP}}
    return struct_of(name, properties, description="All of it, unless `mask` or `flat` say otherwise.")


def filter_of(kinds: Mapping[str, Kind]) -> Schema:
    """What a `filter` may hold in its object form; the list form is told in words."""
    empty = {"enum": [None, ""]}
    properties = {
        name: {"anyOf": [_OF_KIND[kind], empty, {"type": "array", "items": _OF_KIND[kind], "maxItems": 20}]}
        for name, kind in kinds.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def order_of(kinds: Mapping[str, Kind]) -> Schema:
    """What an `order` may hold."""
    field, direction = {"enum": list(kinds)}, {"enum": ["asc", "desc"]}
    wish = {
        "type": "object",
        "properties": {"property": field, "direction": direction},
        "required": ["property"],
        "additionalProperties": False,
    }
    return {"type": "array", "items": {"anyOf": [field, wish]}, "maxItems": 10}
