"""The published samples of the contracts, word for word."""

from __future__ import annotations

from typing import Any

# Task Management API, create a task: request body.
TASK_BODY: dict[str, Any] = {
    "typeCode": "REPORT_MEETING",
    "statusCode": "WAITING",
    "description": "Call to the customer",
    "taskDueTime": "2022-12-31T23:59:59Z",
    "parties": [{"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": "123e4567-e89b-12d3-a456-426655440000",
    "assignmentId": "123e4567-e89b-12d3-a456-426655440000",
    "agencyOfficeId": "123e4567-e89b-12d3-a456-426655440000",
    "agents": [{"agentId": "123e4567-e89b-12d3-a456-426655440000"}],
}

# Task Management API, get a task: response body.
TASK_ANSWER: dict[str, Any] = {"taskId": "c6d2288d-2ecb-448a-aef3-fd5144920e0b", **TASK_BODY}

# The directory and the realties that our own dialect speaks of: one of each.
NEIGHBOURS: dict[str, list[dict[str, Any]]] = {
    "agencyOffices": [{"agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19", "name": "Agency Office name"}],
    "agents": [
        {
            "agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0",
            "firstName": "Veikko",
            "lastName": "Viljanen",
            "email": "veikko.viljanen@example.com",
            "agencyOfficeIds": ["212114ec-819e-483c-a8e0-f82289ac6e19"],
        }
    ],
    "parties": [
        {
            "partyId": "123e4567-e89b-12d3-a456-426614174000",
            "partyTypeCode": "PERSON_PARTY",
            "name": "Maija Meikäläinen",
            "email": "maija@example.com",
        }
    ],
    "realties": [
        {
            "realtyId": "9fd9124c-e6c1-4368-9f17-6938f0e2f524",
            "friendlyId": "40142361",
            "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
            "statusCode": "FOR_SALE",
            "listedTime": "2023-06-01T08:00:00Z",
            "propertyTypeCode": "RESIDENTIAL",
            "residentialTypeCode": "APARTMENT_HOUSE",
            "ownershipTypeCode": "OWN",
            "availabilityCode": "AVAILABLE",
            "conditionCode": "GOOD",
            "constructionYear": 2010,
            "roomCountCode": "3H",
            "livingAreaInSquareMeters": 120.5,
            "plotAreaInSquareMeters": None,
            "plotHoldingTypeCode": "OWN",
            "debtFreePrice": {"amount": 145000, "currencyCode": "EUR"},
            "address": {
                "streetAddress": "Hämeenkatu 1",
                "district": "Tammela",
                "region": "Pirkanmaa",
                "regionCode": "FI_PIRKANMAA",
                "postcode": "33500",
                "postalArea": "Tampere",
                "locality": "Tampere",
                "localityCode": "FI_PIRKANMAA_TAMPERE",
                "countryCode": "FI",
            },
            "features": {"hasElevator": True, "hasBalcony": True, "hasSauna": True, "housingCompanyHasSauna": False},
        }
    ],
}
