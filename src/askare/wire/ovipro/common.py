"""What the OviPro APIs share: sort words, answers of lists, headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from askare.kernel.paging import Order, Page
from askare.kernel.problems import Fault, Wrong
from askare.kernel.words import QUERY_WORDS_MAX, written_words
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Reply
from askare.wire.kit.headers import etag_of

EXAMPLE_REQUEST_ID = "9031d1c5-7d40-41dd-b2b8-7919a2fc4fe9"
INT32_MAX = 2**31 - 1


def read_orders(words: Iterable[str]) -> list[Order]:
    """The sort wishes `field|asc`, `field|desc` or `field`; the first of two for the same field counts.

    Source: contract 1.7.
    """
    orders: dict[str, Order] = {}
    for word in words:
        field, _, direction = word.partition("|")
        orders.setdefault(field, Order(field, descending=direction == "desc"))
    return list(orders.values())


def list_reply(name: str, page: Page[bytes]) -> Reply:
    """A page of stored documents as they stand, joined; they are never taken apart."""
    return Reply(200, b'{"%s":[%s],"totalCount":%d}' % (name.encode(), b",".join(page.items), page.total))


def counted_list_reply(name: str, page: Page[bytes]) -> Reply:
    """The same as the Asset Requirement API writes it: the count first."""
    return Reply(200, b'{"totalCount":%d,"%s":[%s]}' % (page.total, name.encode(), b",".join(page.items)))


def document_reply(document: str, version: int, call: Call) -> Reply:
    """One stored document with its entity tag; 304 when the caller has this version already."""
    headers = {"ETag": etag_of(version)}
    if call.knows(version):
        return Reply(304, None, headers)
    return Reply(200, document.encode(), headers)


def word_faults(said: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with a text that is searched for: more words than a search can take."""
    if len(written_words(said.get("freeTextSearch", ""))) <= QUERY_WORDS_MAX:
        return []
    return [Fault("freeTextSearch", Wrong.TYPE, f"must hold at most {QUERY_WORDS_MAX} words")]


# The two times end every stored document of tasks and meetings, by the order of the fields in their models.
_TIMES = re.compile(r',"creationTime":"[^"]*","modificationTime":"[^"]*"\}$')


def without_times(document: str) -> str:
    """A stored document of a task or meeting without its two times."""
    return _TIMES.sub("}", document)
