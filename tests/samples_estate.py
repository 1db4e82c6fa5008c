"""The published samples of the Meeting and Asset Requirement APIs, word for word."""

from __future__ import annotations

from typing import Any

# Meeting API, create a meeting: request body.
MEETING_BODY: dict[str, Any] = {
    "typeCode": "SALES_MEETING",
    "statusCode": "WAITING",
    "parties": [{"partyId": "123e4567-e89b-12d3-a456-426655440000", "partyTypeCode": "PERSON_PARTY"}],
    "realtyId": "123e4567-e89b-12d3-a456-426655440000",
    "visitTime": "2022-12-31T23:59:59Z",
    "agencyOfficeId": "123e4567-e89b-12d3-a456-426655440000",
    "agents": [{"agentId": "123e4567-e89b-12d3-a456-426655440000"}],
    "sourceTypeCode": "ETUOVI",
    "meetingRealty": {"categoryCode": "SALE", "subCategoryCode": "SHARE"},
    "priceEstimate": {"amount": 250000, "currencyCode": "EUR"},
    "notes": "string",
}

# Asset Requirement API, create: request body with every field.
REQUIREMENT_BODY: dict[str, Any] = {
    "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
    "agents": [
        {"agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0", "roleCode": "RESPONSIBLE_AGENT"},
        {"agentId": "386654b2-882f-442e-9ffe-7d6b6e367715", "roleCode": "MARKETING_AGENT"},
    ],
    "note": "Asiakas haluaa myöhemmin toimeksiannon, aloitetaan vahdilla ensin",
    "assetRequirements": {
        "title": [
            {"languageCode": "en", "text": "3R+K+S"},
            {"languageCode": "fi", "text": "3H+K+S"},
            {"languageCode": "sv", "text": "3R+K+S"},
        ],
        "realty": {
            "availability": {
                "availabilityCodes": ["AVAILABLE"],
                "description": [
                    {"languageCode": "fi", "text": "Saatavissa kahden kuukauden sisällä."},
                    {"languageCode": "sv", "text": "Tillgänglig inom två månader."},
                ],
            },
            "ownershipTypeCodes": ["OWN"],
            "propertyTypeCodes": ["RESIDENTIAL", "LEISURE"],
            "residentialTypeCodes": ["APARTMENT_HOUSE"],
            "plotPropertyTypeCodes": ["HOUSE_PLOT"],
            "estatePropertyTypeCodes": ["FOREST"],
            "otherPropertyTypeCodes": ["PARKING_SLOT"],
            "condition": {
                "conditionCodes": ["GOOD", "NEW"],
                "description": [
                    {"languageCode": "fi", "text": "Keittiö voidaan uusia."},
                    {"languageCode": "sv", "text": "Köket kan förnyas."},
                ],
            },
            "earliestConstructionYear": 2000,
            "latestConstructionYear": 2022,
        },
        "addresses": [
            {
                "district": "Tammela",
                "region": "Pirkanmaa",
                "regionCode": "FI_PIRKANMAA",
                "postcode": "33500",
                "postalArea": "Tampere",
                "locality": "Tampere",
                "localityCode": "FI_PIRKANMAA_TAMPERE",
                "countryCode": "FI",
            },
            {
                "district": "Nekala",
                "region": "Pirkanmaa",
                "regionCode": "FI_PIRKANMAA",
                "postcode": "33800",
                "postalArea": "Tampere",
                "locality": "Tampere",
                "localityCode": "FI_PIRKANMAA_TAMPERE",
                "countryCode": "FI",
            },
        ],
        "apartment": {
            "roomCountCodes": ["2H", "3H"],
            "area": {
                "minimumLivingAreaInSquareMeters": 100,
                "maximumLivingAreaInSquareMeters": 200,
                "totalAreaDescription": [
                    {"languageCode": "en", "text": "About 200 square meters."},
                    {"languageCode": "fi", "text": "Noin 200 neliömetriä."},
                    {"languageCode": "sv", "text": "Circa 200 kvadratmeter."},
                ],
            },
        },
        "plot": {
            "holdingTypeCodes": ["OWN"],
            "minimumAreaInSquareMeters": 500,
            "maximumAreaInSquareMeters": 1000,
            "totalAreaDescription": [
                {"languageCode": "en", "text": "Perferably not over 1000 square meters."},
                {"languageCode": "fi", "text": "Ei mielellään yli 1000 neliömetriä."},
                {"languageCode": "sv", "text": "Högst 1000 kvadratmeter."},
            ],
        },
        "features": {
            "hasElevator": True,
            "hasBalcony": True,
            "hasSauna": True,
            "housingCompanyHasSauna": False,
            "specialWishes": [
                {"languageCode": "fi", "text": "Merinäköala."},
                {"languageCode": "sv", "text": "Havutsikt."},
            ],
        },
        "financialTerms": {
            "debtFreePriceRange": {"minimumPrice": 100000, "maximumPrice": 150000, "currencyCode": "EUR"},
            "paymentTerms": [
                {"languageCode": "fi", "text": "14 pv netto."},
                {"languageCode": "sv", "text": "14 dagar netto."},
            ],
        },
    },
    "consentToChange": {
        "date": "2021-09-10",
        "consentProvided": True,
        "consentDeliveryMethodCode": "DELIVERED_BY_EMAIL",
    },
    "creationTime": "2021-03-13T12:07:23+00:00",
}

# Asset Requirement API, search: one item of the response body.
REQUIREMENT_ITEM: dict[str, Any] = {
    "assetRequirementId": "45221bb8-2deb-47c4-b5e4-155a8f1770dd",
    "statusCode": "DRAFT",
    "friendlyId": "40142361",
    "agencyOfficeId": "212114ec-819e-483c-a8e0-f82289ac6e19",
    "responsibleAgent": {
        "agentId": "da3a543e-4220-4c1f-8cda-2ae0b2e596e0",
        "roleCode": "RESPONSIBLE_AGENT",
        "firstName": "Veikko",
        "lastName": "Viljanen",
    },
    "note": REQUIREMENT_BODY["note"],
    "marketingActionStatusCode": "PUBLISHED",
    "assetRequirements": REQUIREMENT_BODY["assetRequirements"],
    "creationTime": "2021-03-13T12:07:23+00:00",
}
