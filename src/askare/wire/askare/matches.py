"""Matches and why, both ways; what a wish would have found; how matches are told."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from askare.kernel.caller import Role
from askare.kernel.paging import Page, Window
from askare.kernel.problems import Fault
from askare.kernel.time import written
from askare.requirements import rules as requirement_rules
from askare.requirements.model import AssetRequirements
from askare.watches import explaining, operations
from askare.watches.criteria import Criterion, Finding
from askare.watches.explaining import Explained, Standing
from askare.watches.model import Timing
from askare.watches.operations import Preferences
from askare.wire.askare.realties import EXAMPLE as EXAMPLE_REALTY
from askare.wire.askare.realties import RealtyDetails
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply
from askare.wire.ovipro.common import INT32_MAX, list_reply
from askare.wire.ovipro.requirements import EXAMPLE_CONTENT as EXAMPLE_REQUIREMENT

ROLES = frozenset({Role.ADMIN, Role.AGENT})


class ShownFinding(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One criterion: what was asked for and what there is.

    A range is asked for by `least` and `most`, all else by the words in `wished`.  `off` says by how much a number lies
    outside its range, `offPercent` the same in percent of the nearer bound; below the range both are negative.
    """

    criterion: Criterion
    least: float | None = None
    most: float | None = None
    wished: list[str] = []
    found: str | float | None = None
    off: float | None = None
    off_percent: float | None = None
    text: str | None = None


class _Match(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    standing: Standing
    matched_time: datetime | None = None
    met: list[ShownFinding]
    unknown: list[ShownFinding]
    failed: list[ShownFinding]


class RealtyMatch(_Match, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A realty that a watch is about.  FITS: now; FITTED: was a match once; NEAR_MISS: fails exactly one criterion."""

    realty: RealtyDetails


class WatchMatch(_Match, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A watch that a realty is about.  FITS: now; FITTED: was a match once; NEAR_MISS: fails exactly one criterion."""

    watch_id: UUID
    asset_requirement_id: UUID
    title: str | None = None


class RealtyMatches(Struct, frozen=True, rename="camel"):
    """A page of realties, the best first, and the number of all that were found."""

    matches: list[RealtyMatch]
    total_count: int


class WatchMatches(Struct, frozen=True, rename="camel"):
    """A page of watches, the best first, and the number of all that were found."""

    matches: list[WatchMatch]
    total_count: int


class _MatchParameters(Struct, frozen=True, kw_only=True, rename="camel"):
    near_misses: Annotated[bool, Meta(description="Show what fails exactly one criterion, too, and by how much.")] = (
        False
    )
    start_index: Annotated[int, Meta(ge=0, le=INT32_MAX, description="The first match of the page, from 0.")] = 0
    size: Annotated[int, Meta(ge=1, le=100, description="Matches a page.")] = 50

    def window(self) -> Window:
        return Window(self.start_index, self.size)


class WatchMatchesPath(_MatchParameters, frozen=True, kw_only=True, rename="camel"):
    """Of which watch."""

    watch_id: Annotated[UUID, Meta(description="Identifier of the watch.")]


class RealtyMatchesPath(_MatchParameters, frozen=True, kw_only=True, rename="camel"):
    """Of which realty."""

    realty_id: Annotated[UUID, Meta(description="Identifier of the realty.")]


class WatchPath(Struct, frozen=True, rename="camel"):
    """Which watch."""

    watch_id: Annotated[UUID, Meta(description="Identifier of the watch.")]


class PreviewBody(Struct, frozen=True, rename="camel"):
    """What is looked for, as in an asset requirement, whose other fields are not looked at."""

    asset_requirements: AssetRequirements


class _PlainBody(Struct, frozen=True, rename="camel"):
    asset_requirements: dict[str, Any]


class CutShown(Struct, frozen=True, rename="camel"):
    """How many more realties there would be without this criterion."""

    criterion: Criterion
    lost_count: int


class PreviewShown(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How many of the realties listed in the last days the wish would have found, and what cuts most.

    `cuts` are the criteria by which alone some realties fail, the one that costs most first.
    """

    match_count: int
    realty_count: int
    days: int
    cuts_most: Criterion | None = None
    cuts: list[CutShown]


class PreferencesShown(Struct, frozen=True, rename="camel"):
    """When matches are told: each at once, or all of a day in one letter."""

    timing_code: Timing


_EXAMPLE_ID = "c6d2288d-2ecb-448a-aef3-fd5144920e0b"
_EXAMPLE_PRICE = {"criterion": "price", "most": 150000, "found": 145000}
_EXAMPLE_NEAR_MISS: dict[str, Any] = {
    "standing": "NEAR_MISS",
    "met": [{"criterion": "propertyType", "wished": ["RESIDENTIAL"], "found": "RESIDENTIAL"}],
    "unknown": [],
    "failed": [
        {
            "criterion": "price",
            "most": 150000,
            "found": 156000,
            "off": 6000,
            "offPercent": 4,
            "text": "price 4 % over",
        }
    ],
}
_EXAMPLE_MATCH: dict[str, Any] = {
    "standing": "FITS",
    "matchedTime": "2023-06-01T08:00:00Z",
    "met": [_EXAMPLE_PRICE],
    "unknown": [{"criterion": "condition", "wished": ["GOOD", "NEW"]}],
    "failed": [],
}
_EXAMPLE_WATCH = {"watchId": _EXAMPLE_ID, "assetRequirementId": "45221bb8-2deb-47c4-b5e4-155a8f1770dd"}


class MatchApi:
    """What the published Watch API lacks."""

    def __init__(self, *, empty_success_status: int = 204) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)

    async def matches_of_watch(self, call: Call) -> Reply:
        wanted: WatchMatchesPath = call.parameters
        material = await call.read(explaining.watch_material, wanted.watch_id)
        page = await asyncio.to_thread(
            explaining.realties_of_watch, material, near_misses=wanted.near_misses, window=wanted.window()
        )
        items = [b'{"realty":%s,%s' % (one.realty, _shown(one)[1:]) for one in page.items]
        return list_reply("matches", Page(items, page.total))

    async def matches_of_realty(self, call: Call) -> Reply:
        wanted: RealtyMatchesPath = call.parameters
        material = await call.read(
            explaining.realty_material, wanted.realty_id, near_misses=wanted.near_misses, now=call.now
        )
        page = await asyncio.to_thread(
            explaining.watches_of_realty,
            material,
            near_misses=wanted.near_misses,
            window=wanted.window(),
            now=call.now,
        )
        items = []
        for one in page.items:
            head: dict[str, Any] = {
                "watchId": one.watch.watch_id,
                "assetRequirementId": one.watch.content.asset_requirement_id,
            }
            if one.title:
                head["title"] = one.title
            items.append(msgspec.json.encode(head)[:-1] + b"," + _shown(one)[1:])
        return list_reply("matches", Page(items, page.total))

    async def preview(self, call: Call) -> Reply:
        documents = await call.read(explaining.preview_material, now=call.now)
        found = await asyncio.to_thread(explaining.preview, documents, call.body.asset_requirements)
        shown = PreviewShown(
            match_count=found.match_count,
            realty_count=found.realty_count,
            days=explaining.PREVIEW_DAYS,
            cuts_most=found.cuts[0].criterion if found.cuts else None,
            cuts=[CutShown(cut.criterion, cut.lost) for cut in found.cuts],
        )
        return Reply(200, msgspec.json.encode(shown))

    async def get_preferences(self, call: Call) -> Reply:
        found = await call.read(operations.get_preferences, call.parameters.watch_id)
        return Reply(200, msgspec.json.encode(PreferencesShown(found.timing)))

    async def put_preferences(self, call: Call) -> Reply:
        await call.write(operations.set_preferences, call.parameters.watch_id, Preferences(call.body.timing_code))
        return self._empty_success

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        preferences = Example("once a day", {"timingCode": "DIGEST"})
        return [
            Endpoint(
                method="GET",
                path="/watches/{watchId}/matches",
                operation_id="watch.matches",
                summary="Realties that fit a watch, and why",
                description="The best first. Realties on the market that fit now, whether they were told or not;"
                " after them those that were told and no longer fit; on request those that fail exactly one criterion."
                f" At most {explaining.REALTIES_MAX} realties are looked at, the newest listings.",
                tag="Match",
                roles=ROLES,
                handle=self.matches_of_watch,
                parameters=WatchMatchesPath,
                answers=(
                    Answer(
                        200,
                        "A page of realties.",
                        RealtyMatches,
                        (
                            Example(
                                "page",
                                {
                                    "matches": [
                                        {"realty": EXAMPLE_REALTY, **_EXAMPLE_MATCH},
                                        {"realty": EXAMPLE_REALTY, **_EXAMPLE_NEAR_MISS},
                                    ],
                                    "totalCount": 2,
                                },
                            ),
                        ),
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="GET",
                path="/realties/{realtyId}/matches",
                operation_id="realty.matches",
                summary="Watches that a realty fits, and why",
                description="The best first. Active watches that it fits now, whether it was told to them or not; after"
                " them those to which it was told and which it no longer fits; on request those of which it fails"
                f" exactly one criterion. At most {explaining.WATCHES_MAX} watches are looked at.",
                tag="Match",
                roles=ROLES,
                handle=self.matches_of_realty,
                parameters=RealtyMatchesPath,
                answers=(
                    Answer(
                        200,
                        "A page of watches.",
                        WatchMatches,
                        (
                            Example(
                                "page",
                                {
                                    "matches": [
                                        {**_EXAMPLE_WATCH, "title": "3H+K+S", **_EXAMPLE_MATCH},
                                        {**_EXAMPLE_WATCH, **_EXAMPLE_NEAR_MISS},
                                    ],
                                    "totalCount": 2,
                                },
                            ),
                        ),
                    ),
                ),
                problems=(404,),
            ),
            Endpoint(
                method="POST",
                path="/watches:preview",
                operation_id="watch.preview",
                summary="What a watch would have found",
                description=f"Of the realties listed in the last {explaining.PREVIEW_DAYS} days. Nothing is saved.",
                tag="Match",
                roles=ROLES,
                handle=self.preview,
                body=Body(
                    PreviewBody,
                    "What is looked for.",
                    (
                        Example("wish", {"assetRequirements": EXAMPLE_REQUIREMENT["assetRequirements"]}),
                        Example("asset requirement", EXAMPLE_REQUIREMENT),
                    ),
                    faults_of=_range_faults,
                    kept=_PlainBody,
                ),
                answers=(
                    Answer(
                        200,
                        "What was found.",
                        PreviewShown,
                        (
                            Example(
                                "found",
                                {
                                    "matchCount": 14,
                                    "realtyCount": 812,
                                    "days": 90,
                                    "cutsMost": "price",
                                    "cuts": [
                                        {"criterion": "price", "lostCount": 31},
                                        {"criterion": "sauna", "lostCount": 4},
                                    ],
                                },
                            ),
                        ),
                    ),
                ),
            ),
            Endpoint(
                method="GET",
                path="/watches/{watchId}/preferences",
                operation_id="watch.preferences",
                summary="How matches of a watch are told",
                tag="Match",
                roles=ROLES,
                handle=self.get_preferences,
                parameters=WatchPath,
                answers=(Answer(200, "How they are told.", PreferencesShown, (preferences,)),),
                problems=(404,),
            ),
            Endpoint(
                method="PUT",
                path="/watches/{watchId}/preferences",
                operation_id="watch.setPreferences",
                summary="Say how matches of a watch are told",
                description="INSTANT, each at once, is what a new watch starts with.",
                tag="Match",
                roles=ROLES,
                handle=self.put_preferences,
                parameters=WatchPath,
                body=Body(PreferencesShown, "How they are to be told.", (preferences,)),
                answers=(Answer(self._empty_success.status, "Done."),),
                problems=(404,),
            ),
        ]


def _range_faults(plain: Any) -> list[Fault]:
    return requirement_rules.range_faults(plain)


class _Shown(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    standing: Standing
    matched_time: str | None = None
    met: list[ShownFinding]
    unknown: list[ShownFinding]
    failed: list[ShownFinding]


def _shown(one: Explained) -> bytes:
    """The part that both kinds of matches share, as a JSON object."""
    verdict = one.verdict
    return msgspec.json.encode(
        _Shown(
            standing=one.standing,
            matched_time=written(one.matched) if one.matched is not None else None,
            met=[_finding(finding) for finding in verdict.met],
            unknown=[_finding(finding) for finding in verdict.unknown],
            failed=[replace(_finding(finding), text=_in_words(finding)) for finding in verdict.failed],
        )
    )


def _finding(finding: Finding) -> ShownFinding:
    return ShownFinding(
        criterion=finding.criterion,
        least=finding.least,
        most=finding.most,
        wished=list(finding.wished),
        found=finding.found,
        off=round(finding.off, 2) if finding.off is not None else None,
        off_percent=round(finding.off_percent, 1) if finding.off_percent is not None else None,
    )


_NAMES = {
    Criterion.PROPERTY_TYPE: "property type",
    Criterion.ROOM_COUNT: "room count",
    Criterion.LIVING_AREA: "living area",
    Criterion.PLOT_AREA: "plot area",
    Criterion.PLOT_HOLDING: "plot holding",
    Criterion.CONSTRUCTION_YEAR: "construction year",
    Criterion.HOUSING_COMPANY_SAUNA: "sauna of the housing company",
}


def _in_words(finding: Finding) -> str:
    """What failed and by how much: `price 4 % over`, `construction year 12 under`, `no sauna`."""
    name = _NAMES.get(finding.criterion, finding.criterion.value)
    if finding.off is not None:
        direction = "over" if finding.off > 0 else "under"
        if finding.criterion is Criterion.CONSTRUCTION_YEAR or finding.off_percent is None:
            return f"{name} {abs(finding.off):g} {direction}"
        return f"{name} {_percent(abs(finding.off_percent))} % {direction}"
    if finding.found is not None:
        return f"{name} is {finding.found}"
    is_feature = finding.least is None and finding.most is None and not finding.wished
    return f"no {name}" if is_feature else f"{name} is unknown"


def _percent(percent: float) -> str:
    """A whole number where one says enough; of what is nearly nothing a tenth at least."""
    return f"{percent:.0f}" if percent >= 1 else f"{max(percent, 0.1):.1f}"
