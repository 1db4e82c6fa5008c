"""The HTTP API that OpenAI and very many others speak: asking, and understanding a refusal.

Servers differ in what they accept and in how they say no; `Line` remembers what one of them would not take.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import msgspec
from msgspec.structs import replace

from askare.calltasks.model import ErrorCode
from askare.calltasks.outside import Trouble
from askare.outside.addresses import OF_THE_HOUSE, AllowList, Kind, kind_of
from askare.outside.fetch import Answer, Bounds, Fetcher, NotFetched, Why, read_address
from askare.outside.providers import OpenAI

ANSWER_BYTES_MAX = 16 * 1024 * 1024
SAID_CHARACTERS_MAX = 200
_PASTED = re.compile(r"/(?:audio/transcriptions|chat/completions|models)/?$")
_QUOTA = re.compile(r"insufficient_quota|credit_balance|billing|spend|quota_exceeded|payment")
_KEYS = re.compile(r"\b(?:sk|gsk|key|Bearer)[-_ ][\w*.-]{6,}", re.IGNORECASE)
_NUMBERS = re.compile(r"\+?\d[\d ()-]{7,}\d")

_TROUBLES = {
    Why.TIMED_OUT: ErrorCode.PROVIDER_TIMEOUT,
    Why.UNREACHABLE: ErrorCode.PROVIDER_UNAVAILABLE,
    Why.NOT_HTTP: ErrorCode.PROVIDER_BAD_RESPONSE,
    Why.TOO_LARGE: ErrorCode.PROVIDER_BAD_RESPONSE,
    Why.REDIRECTED: ErrorCode.PROVIDER_BAD_RESPONSE,
    Why.BLOCKED: ErrorCode.PROVIDER_REJECTED,
    Why.BAD_ADDRESS: ErrorCode.PROVIDER_REJECTED,
}


class Line:
    """The line to one provider."""

    def __init__(self, provider: OpenAI, allow: AllowList) -> None:
        self.provider = provider
        self.base = _PASTED.sub("", provider.url).rstrip("/")  # people paste the whole path
        self._fetcher = Fetcher(allow, open_kinds=OF_THE_HOUSE)

    @property
    def is_near(self) -> bool:
        """Whether it is in the house, where speech is often understood without a graphics card."""
        host = read_address(self.base).host or ""
        if host == "localhost" or "." not in host:
            return True
        try:
            return kind_of(ip_address(host)) is not Kind.PUBLIC
        except ValueError:
            return host.endswith((".local", ".internal", ".lan"))

    async def post(
        self,
        path: str,
        content: bytes | AsyncIterator[bytes],
        headers: Mapping[str, str],
        *,
        seconds: float,
    ) -> Answer:
        """Any answer.  Raises Trouble when there is none."""
        sent = dict(headers)
        if self.provider.key:
            sent["authorization"] = f"Bearer {self.provider.key.reveal()}"
        bounds = Bounds(bytes_max=ANSWER_BYTES_MAX, total_seconds=seconds, silence_seconds=seconds)
        try:
            answer = await self._fetcher.fetch(
                "POST", f"{self.base}{path}", headers=sent, content=content, bounds=bounds
            )
        except NotFetched as problem:
            raise Trouble(_TROUBLES[problem.why], problem.text) from None
        key = self.provider.key.reveal().encode()
        if key and key in answer.body:  # some gateways quote it when they refuse it; operators must not read it
            answer = replace(answer, body=answer.body.replace(key, "…".encode()))
        return answer

    async def aclose(self) -> None:
        await self._fetcher.aclose()


def json_of(answer: Answer) -> Any:
    """The JSON of a good answer.  Raises Trouble: a page of a proxy, an error with status 200, nothing at all."""
    try:
        value = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Trouble(ErrorCode.PROVIDER_BAD_RESPONSE, f"no JSON but: {_shortened(answer.body)}") from None
    if isinstance(value, dict) and value.get("error"):
        raise refusal(Answer(_status_in(value), answer.headers, answer.body, answer.size, answer.host), "")
    return value


def _status_in(value: dict[str, Any]) -> int:
    """The status that an error which came with 200 would have had."""
    error = value["error"]
    code = error.get("status") or error.get("code") if isinstance(error, dict) else None
    if isinstance(code, int) and 400 <= code <= 599:
        return code
    return 429 if isinstance(code, str) and ("rate_limit" in code or _QUOTA.search(code)) else 200


class Refused(Trouble):
    """What the provider said no to, in its own terms: `parameter` and `kind` may be empty."""

    def __init__(
        self,
        code: ErrorCode,
        detail: str,
        *,
        status: int,
        parameter: str,
        kind: str,
        retry_after_seconds: float | None,
    ) -> None:
        super().__init__(code, detail, retry_after_seconds=retry_after_seconds)
        self.status = status
        self.parameter = parameter
        self.kind = kind


def refusal(answer: Answer, model: str, *, now: datetime | None = None) -> Refused:
    """What an answer that is no good says.  Source: contract 7.3."""
    kind, parameter, message = _said(answer.body)
    status, wait = answer.status, None
    if status in (401, 403):
        code = ErrorCode.PROVIDER_AUTH
    elif status == 402 or (status == 429 and _QUOTA.search(kind or message.lower())):
        code = ErrorCode.PROVIDER_QUOTA
    elif status == 429:
        code, wait = ErrorCode.PROVIDER_RATE_LIMITED, retry_after_seconds(answer.headers, now=now or datetime.now(UTC))
    elif status == 404 or kind == "model_not_found":
        code = ErrorCode.PROVIDER_MODEL_MISSING
        message = model or message
    elif status in (408, 504):
        code = ErrorCode.PROVIDER_TIMEOUT
    elif status == 409 or status >= 500:
        code, wait = ErrorCode.PROVIDER_UNAVAILABLE, retry_after_seconds(answer.headers, now=now or datetime.now(UTC))
    elif status >= 400:
        code = ErrorCode.PROVIDER_REJECTED
    else:
        code = ErrorCode.PROVIDER_BAD_RESPONSE
    detail = message or f"answers {status}"
    return Refused(code, detail, status=status, parameter=parameter, kind=kind, retry_after_seconds=wait)


def _said(body: bytes) -> tuple[str, str, str]:
    """Code, parameter and words of an error, in any of the forms that servers use."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", "", _shortened(body)
    error = value.get("error", value.get("detail", value)) if isinstance(value, dict) else value
    if isinstance(error, dict):
        kind = str(error.get("code") or error.get("type") or "")
        words = str(error.get("message") or error.get("msg") or kind)
        return kind, str(error.get("param") or ""), _harmless(words)
    if isinstance(error, list) and error and isinstance(error[0], dict):
        place = error[0].get("loc")
        parameter = str(place[-1]) if isinstance(place, list) and place else ""
        return str(error[0].get("type") or ""), parameter, _harmless(str(error[0].get("msg") or ""))
    return "", "", _harmless(error if isinstance(error, str) else "")


def _shortened(body: bytes) -> str:
    """Words of a page or of plain text."""
    text = body[:4_096].decode("utf-8", "replace")
    if re.match(r"\s*<", text):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        return _harmless(f"a web page ({title[1].strip()})" if title else "a web page")
    return _harmless(text)


def _harmless(words: str) -> str:
    """Short, on one line, without keys and telephone numbers, which some providers echo."""
    line = " ".join(words.split())
    return _NUMBERS.sub("…", _KEYS.sub("…", line))[:SAID_CHARACTERS_MAX]


def retry_after_seconds(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """How long the provider asks us to wait: in milliseconds, in seconds, or until a date."""
    milliseconds, seconds = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    try:
        if milliseconds:
            return max(0.0, float(milliseconds) / 1_000)
        if seconds:
            return max(0.0, float(seconds))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(seconds)
    except (ValueError, TypeError):
        return None
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())
