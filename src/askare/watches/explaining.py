"""Explanations: what fits a watch, what a realty fits, and what criteria would have found.

Each comes in two halves.  `…_material` reads, inside a transaction, what the answer is made of; the other half works
it out and touches no database, so that it may take its time on a thread of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from askare.kernel.paging import Page, Window
from askare.kernel.time import instant_of, milliseconds
from askare.realties import operations as realties
from askare.realties import store as realty_store
from askare.realties.model import FOR_SALE, content_of
from askare.realties.rules import is_on_the_market
from askare.storage.transactions import Transaction
from askare.watches import matching, operations, rules, store
from askare.watches.criteria import Criteria, Criterion, Verdict, criteria_of
from askare.watches.model import Watch
from askare.watches.offers import offer_of
from askare.watches.store import Match, State

# Bounds of what one answer looks at; what lies beyond is the oldest.
REALTIES_MAX = 20_000
WATCHES_MAX = 5_000
RECORDED_MAX = 1_000

PREVIEW_DAYS = 90
_ON_THE_MARKET = (FOR_SALE, "")


class Standing(Enum):
    """How a realty and a watch stand to each other, the best first."""

    FITS = "FITS"
    FITTED = "FITTED"  # a match once, and no longer: changed, or off the market
    NEAR_MISS = "NEAR_MISS"  # fails exactly one criterion


class Explained(Struct, frozen=True, kw_only=True):
    """A realty and a watch, and why they fit or nearly do.  `matched` is when the match was recorded, if it was."""

    standing: Standing
    verdict: Verdict
    matched: datetime | None
    newness: int  # milliseconds: of two that fit as well the newer one is the better


class ExplainedRealty(Explained, frozen=True, kw_only=True):
    """One of the realties that a watch is about."""

    realty: bytes  # its document


class ExplainedWatch(Explained, frozen=True, kw_only=True):
    """One of the watches that a realty is about."""

    watch: Watch
    title: str


def _goodness(one: Explained) -> tuple[Any, ...]:
    """By what the best comes first: it fits, as little of it as possible is unknown or is off, and it is new."""
    order = list(Standing).index(one.standing)
    off = [abs(finding.off_percent) for finding in one.verdict.failed if finding.off_percent is not None]
    nearness = max(off) if off else 0.0 if one.verdict.fits else float("inf")
    return order, nearness, len(one.verdict.unknown), -len(one.verdict.met), -one.newness


# A watch and its realties ----------------------------------------------------------------------------------------


class _WatchMaterial(Struct, frozen=True):
    criteria: Criteria
    documents: list[str]
    recorded: dict[UUID, Match]


class _Identified(Struct, rename="camel"):
    realty_id: UUID
    modification_time: datetime


_identified_decoder = msgspec.json.Decoder(_Identified)


def watch_material(tx: Transaction, watch_id: UUID) -> _WatchMaterial:
    """What `realties_of_watch` works on.  Raises NotFound for a watch that does not exist for the caller."""
    operations.visible(tx, watch_id)
    state = store.states(tx, [watch_id])[watch_id]
    recorded = {match.realty_id: match for match in store.matches_of_watch(tx, watch_id, limit=RECORDED_MAX)}
    present = realty_store.newest_documents(tx, statuses=_ON_THE_MARKET, limit=REALTIES_MAX)
    documents = {document for _, document in present}
    documents |= {document for _, document in realty_store.documents_of(tx, list(recorded))}
    return _WatchMaterial(state.criteria, sorted(documents), recorded)


def realties_of_watch(material: _WatchMaterial, *, near_misses: bool, window: Window) -> Page[ExplainedRealty]:
    """The realties that fit the watch now, those that were matches once, and on request those that nearly fit."""
    found: list[ExplainedRealty] = []
    for document in material.documents:
        content = content_of(document)
        verdict = rules.explain(material.criteria, offer_of(content))
        known = _identified_decoder.decode(document)
        match = material.recorded.get(known.realty_id)
        standing = _standing(verdict, is_on_the_market(content), match, near_misses=near_misses)
        if standing is not None:
            found.append(
                ExplainedRealty(
                    standing=standing,
                    verdict=verdict,
                    matched=instant_of(match.matched) if match is not None else None,
                    newness=milliseconds(known.modification_time),
                    realty=document.encode(),
                )
            )
    found.sort(key=_goodness)
    return Page(found[window.start : window.start + window.size], len(found))


def _standing(verdict: Verdict, on_the_market: bool, match: Match | None, *, near_misses: bool) -> Standing | None:
    if on_the_market and verdict.fits:
        return Standing.FITS
    if match is not None:
        return Standing.FITTED
    return Standing.NEAR_MISS if near_misses and on_the_market and len(verdict.failed) == 1 else None


# A realty and its watches ----------------------------------------------------------------------------------------


class _RealtyMaterial(Struct, frozen=True):
    document: str
    watches: dict[UUID, Watch]
    states: dict[UUID, State]
    recorded: dict[UUID, Match]


def realty_material(tx: Transaction, realty_id: UUID, *, near_misses: bool, now: datetime) -> _RealtyMaterial:
    """What `watches_of_realty` works on.  Raises NotFound for a realty that does not exist for the caller."""
    document = realties.get_realty(tx, realty_id).document
    offer = offer_of(content_of(document))
    recorded = {match.watch_id: match for match in store.matches_of_realty(tx, realty_id, limit=RECORDED_MAX)}
    ids = set(recorded) | matching.watches_that_fit(tx, offer, ending_after=milliseconds(now))
    if near_misses:
        ids |= matching.watches_nearby(tx, offer, ending_after=milliseconds(now), limit=WATCHES_MAX)
    looked_at = sorted(ids)[:WATCHES_MAX]
    watches = {
        watch_id: watch
        for watch_id, watch in store.find_all(tx, looked_at).items()
        if tx.caller.sees_office(watch.subject.office_id)
    }
    return _RealtyMaterial(document, watches, store.states(tx, watches), recorded)


def watches_of_realty(
    material: _RealtyMaterial, *, near_misses: bool, window: Window, now: datetime
) -> Page[ExplainedWatch]:
    """The active watches that the realty fits now, those that it was a match of once, and on request those that it
    nearly fits."""
    content = content_of(material.document)
    offer, on_the_market = offer_of(content), is_on_the_market(content)
    found = []
    for watch_id, state in material.states.items():
        verdict = rules.explain(state.criteria, offer)
        match = material.recorded.get(watch_id)
        counts = on_the_market and state.counts and now < instant_of(state.until)
        standing = _standing(verdict, counts, match, near_misses=near_misses)
        if standing is not None:
            watch = material.watches[watch_id]
            found.append(
                ExplainedWatch(
                    standing=standing,
                    verdict=verdict,
                    matched=instant_of(match.matched) if match is not None else None,
                    newness=milliseconds(watch.created),
                    watch=watch,
                    title=state.title,
                )
            )
    found.sort(key=_goodness)
    return Page(found[window.start : window.start + window.size], len(found))


# Before anything is saved ----------------------------------------------------------------------------------------


class Cut(Struct, frozen=True):
    """How many more realties there would be without one criterion."""

    criterion: Criterion
    lost: int


class Preview(Struct, frozen=True):
    """How many of the realties listed lately the criteria find, of how many, and what cuts most."""

    match_count: int
    realty_count: int
    cuts: list[Cut]


def preview_material(tx: Transaction, *, now: datetime) -> list[str]:
    """The documents of the realties that were listed lately, on the market still or not."""
    since = milliseconds(now - timedelta(days=PREVIEW_DAYS))
    return [document for _, document in realty_store.newest_documents(tx, listed_after=since, limit=REALTIES_MAX)]


def preview(documents: Iterable[str], tree: Mapping[str, Any]) -> Preview:
    """What the criteria of this tree would have found among the realties.

    What a criterion cuts are the realties that fail by it alone; the one that cuts most comes first.
    """
    criteria = criteria_of(tree)
    matches = total = 0
    lost: Counter[Criterion] = Counter()
    for document in documents:
        total += 1
        failed = rules.explain(criteria, offer_of(content_of(document))).failed
        if not failed:
            matches += 1
        elif len(failed) == 1:
            lost[failed[0].criterion] += 1
    order = list(Criterion)
    cuts = sorted(lost.items(), key=lambda one: (-one[1], order.index(one[0])))
    return Preview(matches, total, [Cut(criterion, number) for criterion, number in cuts])
