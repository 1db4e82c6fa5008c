"""The pages and documents of the house, none of which needs a caller."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from askare.kernel.problems import Unavailable
from askare.storage.transactions import Transaction
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Endpoint, Reply
from askare.wire.kit.openapi import Version
from askare.wire.kit.problems import UnknownPath

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
# Swagger UI sets styles in the page, and its icons are data: addresses; nothing else may come from anywhere.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)


class ApiDocument(Struct, frozen=True):
    """One documented API: its name in addresses, its title, and the maker of its OpenAPI documents."""

    name: str
    title: str
    make: Callable[[Version], dict[str, Any]]


class ShownApi(Struct, frozen=True):
    """Which API the documentation page shows.  The page itself reads it."""

    api: Annotated[str, Meta(max_length=100)] = ""


class AssetPath(Struct, frozen=True):
    """Which file."""

    name: Annotated[str, Meta(max_length=100)]


class DocumentPath(Struct, frozen=True):
    """Which document: `task-management.json`, and in which version of OpenAPI."""

    name: Annotated[str, Meta(max_length=100)]
    version: Version = Version.V3_1


class Pages:
    """Health, metrics, keys and documentation."""

    def __init__(
        self,
        *,
        documents: list[ApiDocument],
        metrics: Callable[[], bytes],
        jwks: Callable[[Transaction], dict[str, Any]],
    ) -> None:
        self._documents = {f"{document.name}.json": document for document in documents}
        self._made: dict[tuple[str, Version], bytes] = {}
        self._metrics = metrics
        self._jwks = jwks
        self.stopping = False

    async def live(self, _: Call) -> Reply:
        return Reply(200, b'{"status":"live"}')

    async def ready(self, call: Call) -> Reply:
        """Ready: the database answers, and we are not stopping."""
        if self.stopping:
            raise Unavailable("The server is stopping.")
        await call.read(_look)
        return Reply(200, b'{"status":"ready"}')

    async def metrics(self, _: Call) -> Reply:
        return Reply(200, self._metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

    async def keys(self, call: Call) -> Reply:
        return Reply(200, msgspec.json.encode(await call.read(self._jwks)), {"Cache-Control": "max-age=300"})

    async def home(self, _: Call) -> Reply:
        return Reply(307, b"", {"Location": "/docs"})

    async def docs(self, _: Call) -> Reply:
        body, _encoding = asset("docs.html")
        return Reply(200, body, {"Content-Security-Policy": _PAGE_POLICY}, _KINDS[".html"])

    async def docs_asset(self, call: Call) -> Reply:
        name: str = call.parameters.name
        suffix = name[name.rfind(".") :]
        if suffix not in (".js", ".css") or "/" in name or name not in _asset_names():
            raise UnknownPath("There is no such file.")
        body, encoding = asset(name)
        headers = {"Cache-Control": "max-age=3600", **({"Content-Encoding": encoding} if encoding else {})}
        return Reply(200, body, headers, _KINDS[suffix])

    async def openapi_list(self, _: Call) -> Reply:
        listed = [
            {"name": document.name, "title": document.title, "url": f"/openapi/{document.name}.json"}
            for document in self._documents.values()
        ]
        return Reply(200, msgspec.json.encode(listed))

    async def openapi(self, call: Call) -> Reply:
        name: str = call.parameters.name
        document = self._documents.get(name)
        if document is None:
            raise UnknownPath(f"There is no such document; there are {', '.join(self._documents)}.")
        made = name, call.parameters.version
        if made not in self._made:
            self._made[made] = msgspec.json.encode(document.make(call.parameters.version))
        return Reply(200, self._made[made], {"Access-Control-Allow-Origin": "*"})

    def endpoints(self) -> list[Endpoint]:
        """The house's own table; all of it is open to everybody."""

        def get(path: str, name: str, handle: Callable[[Call], Any], parameters: Any = None) -> Endpoint:
            more = {"parameters": parameters} if parameters else {}
            return Endpoint(
                method="GET",
                path=path,
                operation_id=f"house.{name}",
                summary=name,
                tag="House",
                roles=None,
                handle=handle,
                answers=(Answer(200, name),),
                **more,
            )

        return [
            get("/", "home", self.home),
            get("/health/live", "live", self.live),
            get("/health/ready", "ready", self.ready),
            get("/metrics", "metrics", self.metrics),
            get("/.well-known/jwks.json", "keys", self.keys),
            get("/docs", "docs", self.docs, ShownApi),
            get("/docs/assets/{name}", "docsAsset", self.docs_asset, AssetPath),
            get("/openapi", "openapiList", self.openapi_list),
            get("/openapi/{name}", "openapi", self.openapi, DocumentPath),
        ]


def _look(tx: Transaction) -> None:
    tx.row("SELECT 1")


@cache
def _asset_names() -> frozenset[str]:
    folder = files("askare.wire.house") / "assets"
    return frozenset(entry.name.removesuffix(".gz") for entry in folder.iterdir())


def asset(name: str) -> tuple[bytes, str | None]:
    """A shipped file and its content encoding: the large ones are stored compressed, and every browser takes that."""
    folder = files("askare.wire.house") / "assets"
    compressed = folder / f"{name}.gz"
    if compressed.is_file():
        return compressed.read_bytes(), "gzip"
    return (folder / name).read_bytes(), None
