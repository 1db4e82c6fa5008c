"""A realty as an offer: what of it is compared with criteria."""

from __future__ import annotations

import msgspec

from askare.realties.model import FOR_SALE, Features, RealtyContent
from askare.watches.criteria import FEATURES, NOWHERE, Offer, SubtypeList, number, place_of


def is_on_the_market(realty: RealtyContent) -> bool:
    """Whether it is for sale; one that says nothing of its status is."""
    return realty.status_code is None or realty.status_code == FOR_SALE


def offer_of(realty: RealtyContent) -> Offer:
    """What the realty has to offer, on the market or not."""
    subtypes = {
        SubtypeList.RESIDENTIAL: realty.residential_type_code or "",
        SubtypeList.PLOT: realty.plot_property_type_code or "",
        SubtypeList.ESTATE: realty.estate_property_type_code or "",
        SubtypeList.OTHER: realty.other_property_type_code or "",
    }
    known = msgspec.to_builtins(realty.features or Features())
    price = realty.debt_free_price
    return Offer(
        property_type=realty.property_type_code.value if realty.property_type_code is not None else "",
        subtypes=subtypes,
        ownership=realty.ownership_type_code or "",
        condition=realty.condition_code or "",
        availability=realty.availability_code or "",
        construction_year=number(realty.construction_year),
        place=place_of(msgspec.to_builtins(realty.address)) if realty.address is not None else NOWHERE,
        room_count=realty.room_count_code or "",
        living_area=number(realty.living_area_in_square_meters),
        plot_area=number(realty.plot_area_in_square_meters),
        plot_holding=realty.plot_holding_type_code or "",
        features={feature: known[name] for feature, name in FEATURES.items() if name in known},
        price=number(price.amount) if price is not None else None,
        currency=price.currency_code if price is not None else "",
    )
