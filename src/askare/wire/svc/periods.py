"""What the document says of periods: hours of a day, and hours of a week.  Source: service tasks contract 3.3."""

from __future__ import annotations

from typing import Any

from askare.wire.svc.schemas import whole

_CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_PERIODS_MAX = 500


def _times(most: int) -> dict[str, Any]:
    return {"anyOf": [whole(0, most), _CLOCK]}


def _periods(properties: dict[str, Any]) -> dict[str, Any]:
    item = {"type": "object", "properties": properties, "required": ["timestart", "timestop"]}
    return {"type": "array", "items": item, "maxItems": _PERIODS_MAX}


DAY_PERIODS = _periods({"timestart": _times(1440), "timestop": _times(1440)})
WEEKDAY = whole(1, 7)
WEEKDAYS = {"type": "array", "items": WEEKDAY, "maxItems": 7}
WEEK_PERIODS = _periods(
    {
        "timestart": _times(1440),
        "timestop": _times(1440),
        **dict.fromkeys(("dow", "weekday", "dayofweek", "day"), WEEKDAY),
        **dict.fromkeys(("dows", "weekdays", "days"), WEEKDAYS),
    }
)
