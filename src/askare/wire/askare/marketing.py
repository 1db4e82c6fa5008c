"""How far the publishing of a purchase wish has come, on the wire.

The Marketing API of the suite owns it, and asset requirements only show it (OviPro contract 4.6); whoever speaks with
the marketplaces says it here.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from askare.kernel.caller import Role
from askare.requirements import operations
from askare.requirements.model import MarketingStatus
from askare.wire.kit.call import Call
from askare.wire.kit.endpoints import Answer, Body, Endpoint, Example, Reply

ROLES = frozenset({Role.ADMIN})


class RequirementPath(Struct, frozen=True, rename="camel"):
    """Which asset requirement."""

    asset_requirement_id: Annotated[UUID, Meta(description="Identifier of the asset requirement.")]


class Marketing(Struct, frozen=True, rename="camel"):
    """How far the publishing has come; null when nothing is published."""

    marketing_action_status_code: MarketingStatus | None


class MarketingApi:
    """The one operation."""

    def __init__(self, *, empty_success_status: int = 204) -> None:
        self._empty_success = Reply(empty_success_status, b"" if empty_success_status == 200 else None)

    async def put_status(self, call: Call) -> Reply:
        await call.write(
            operations.set_marketing_status,
            call.parameters.asset_requirement_id,
            call.body.marketing_action_status_code,
            expected_versions=call.expected_versions,
            now=call.now,
        )
        return self._empty_success

    def endpoints(self) -> list[Endpoint]:
        """The API's table."""
        return [
            Endpoint(
                method="PUT",
                path="/assetRequirements/{assetRequirementId}/marketingActionStatus",
                operation_id="assetRequirement.setMarketingStatus",
                summary="Say how far the publishing of a purchase wish has come",
                description="Lists of asset requirements show it and can be filtered by it.",
                tag="Asset requirement",
                roles=ROLES,
                handle=self.put_status,
                parameters=RequirementPath,
                reads_if_match=True,
                body=Body(
                    Marketing,
                    "The state of the publishing.",
                    (Example("published", {"marketingActionStatusCode": "PUBLISHED"}),),
                ),
                answers=(Answer(self._empty_success.status, "Done."),),
                problems=(404, 412),
            )
        ]
