"""The providers that the settings name, read and checked before anything is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from askare.calltasks.redaction import Private
from askare.outside.addresses import AllowList
from askare.outside.audio import Channels
from askare.settings import BadSettings, Secret, Settings

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[\w .:@/+-]+$")]
Seconds = Annotated[float, Meta(gt=0, le=7_200)]
AtOnce = Annotated[int, Meta(ge=1, le=64)]
ASKED_AT_ONCE = 8  # of those who are asked over a line: one in the house may have a single graphics card


class _Provider(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    name: Name | UnsetType = UNSET  # under which it appears in tasks and in the log; else its kind and model
    timeout_seconds: Seconds | UnsetType = UNSET  # for one recording or text; else by its length
    at_once: AtOnce = 1  # what works on this machine takes all that it has; source: contract 7.3


class OpenAI(_Provider, frozen=True, tag="openai", kw_only=True):
    """Anything that speaks OpenAI's HTTP API: OpenAI itself, speaches, vLLM, LocalAI, Ollama, whisper.cpp, Groq."""

    url: str
    model: Annotated[str, Meta(min_length=1)]
    key: Secret = Secret("")
    response_format: str | UnsetType = UNSET  # verbose_json, json or text; else by the model's name
    at_once: AtOnce = ASKED_AT_ONCE


class Vosk(_Provider, frozen=True, tag="vosk", kw_only=True):
    """A vosk server: ws://host:2700."""

    url: str
    at_once: AtOnce = ASKED_AT_ONCE


class FasterWhisper(_Provider, frozen=True, tag="faster_whisper"):
    """A model folder on this machine, read by the package faster-whisper."""

    folder: str
    device: str = "cpu"
    compute_type: str = "int8"


class Command(_Provider, frozen=True, tag="command"):
    """A program of this machine.  It is run without a shell."""

    command: Annotated[list[str], Meta(min_length=1)]


class Builtin(_Provider, frozen=True, tag="builtin"):
    """The summariser that needs nothing."""


TranscriptionProvider: TypeAlias = OpenAI | Vosk | FasterWhisper | Command
SummaryProvider: TypeAlias = OpenAI | Command | Builtin
Provider: TypeAlias = TranscriptionProvider | SummaryProvider


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """What a recording server wants to see: a name and a password, or one header."""

    user: str = ""
    password: Secret = Secret("")
    header: Secret = Secret("")  # `Name: value`


class Outside(Struct, frozen=True):
    """All that the settings say of the world outside."""

    transcription: tuple[TranscriptionProvider, ...]
    summary: tuple[SummaryProvider, ...]
    allow: AllowList
    operator: Channels
    redact: frozenset[Private]
    credentials: dict[str, Credentials]
    phone_region: str = ""


def name_of(provider: Provider) -> str:
    if provider.name is not UNSET:
        return provider.name
    kind = str(type(provider).__struct_config__.tag)
    return f"{kind} {provider.model}" if isinstance(provider, OpenAI) else kind


def outside_of(settings: Settings) -> Outside:
    """What the settings say.  Raises BadSettings with every fault found."""
    faults: list[str] = []
    allow = AllowList()
    try:
        allow = AllowList.read(settings.outbound_allow)
    except ValueError as error:
        faults.append(f"outbound_allow: {error}")
    words = [word.strip() for word in settings.redact.split(",") if word.strip()]
    kinds = {kind.value: kind for kind in Private}
    faults += [f"redact: there is no {word!r}; choose of {', '.join(kinds)}" for word in words if word not in kinds]
    transcription = list(
        _providers(settings.transcription_providers, "transcription_providers", TranscriptionProvider, faults)
    )
    summary = list(_providers(settings.summary_providers, "summary_providers", SummaryProvider, faults))
    credentials = _credentials(settings.recording_credentials, faults)
    for key, providers in (("transcription_providers", transcription), ("summary_providers", summary)):
        names = [name_of(one) for one in providers]
        faults += [f"{key}: two are named {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise BadSettings(faults)
    return Outside(
        tuple(transcription),
        tuple(summary) or (Builtin(),),
        allow,
        Channels(settings.operator_channel),
        frozenset(kinds[word] for word in words),
        credentials,
        settings.phone_region,
    )


def _providers(text: Secret, key: str, kinds: Any, faults: list[str]) -> Iterator[Any]:
    if not text:
        return
    try:
        listed = msgspec.json.decode(text.reveal(), type=list[dict[str, Any]])
    except msgspec.DecodeError as error:
        faults.append(f'{key}: must be a JSON list such as [{{"kind": "openai", "url": "…", "model": "…"}}]: {error}')
        return
    for at, entry in enumerate(listed, 1):
        try:
            provider = msgspec.convert(entry, kinds, dec_hook=_secret)
        except msgspec.ValidationError as error:
            known = ", ".join(str(kind.__struct_config__.tag) for kind in get_args(kinds))
            faults.append(f"{key}, entry {at}: {error} (kinds: {known})")
            continue
        own = list(_faults(provider))
        faults += [f"{key}, entry {at}: {fault}" for fault in own]
        if not own:
            yield provider


def _secret(kind: type, value: object) -> Secret:
    if kind is not Secret or not isinstance(value, str):
        raise ValueError("must be a text")
    return Secret(value)


def _faults(provider: Provider) -> Iterator[str]:
    if isinstance(provider, OpenAI):
        from askare.outside.fetch import NotFetched, read_address  # with an HTTP client, which not everybody needs

        try:
            read_address(provider.url)
        except NotFetched as problem:
            yield f"url: {problem.text}"
        formats = ("verbose_json", "json", "text")
        if provider.response_format is not UNSET and provider.response_format not in formats:
            yield f"response_format: must be one of {', '.join(formats)}"
    elif isinstance(provider, Vosk):
        url = urlsplit(provider.url)
        if url.scheme not in ("ws", "wss") or not url.hostname:
            yield "url: must begin with ws:// or wss:// and a host"
    elif isinstance(provider, FasterWhisper):
        folder = Path(provider.folder)
        if not (folder / "model.bin").is_file():
            yield f"folder: {folder} is no model folder: there is no model.bin in it"


def _credentials(text: Secret, faults: list[str]) -> dict[str, Credentials]:
    if not text:
        return {}
    try:
        return msgspec.json.decode(text.reveal(), type=dict[str, Credentials], dec_hook=_secret)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        faults.append(
            f'recording_credentials: must be JSON such as {{"pbx.example": {{"user": "…", "password": "…"}}}}: {error}'
        )
        return {}
