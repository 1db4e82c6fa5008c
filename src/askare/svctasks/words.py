"""The words of a service task and what they mean: one data file for all guessed names (contract 3.1 and 3.2).

A client's own spelling is stored and answered; only here is it read.
"""

from __future__ import annotations

from askare.svctasks.model import Schedule, SiteMode

SITE_MODES = {
    "all": SiteMode.ALL,
    "any": SiteMode.ANY,
    "anysite": SiteMode.ANY,
    "onesite": SiteMode.ANY,
    "one": SiteMode.ANY,
    "random": SiteMode.ANY,
    "list": SiteMode.LIST,
    "allof": SiteMode.LIST,
    "alllist": SiteMode.LIST,
    "listall": SiteMode.LIST,
    "alllisted": SiteMode.LIST,
    "sites": SiteMode.LIST,
    "selected": SiteMode.LIST,
    "allsites": SiteMode.LIST,  # with no sites named it means all of them
    "anylist": SiteMode.ANYLIST,
    "anyof": SiteMode.ANYLIST,
    "oneof": SiteMode.ANYLIST,
    "listany": SiteMode.ANYLIST,
    "anylisted": SiteMode.ANYLIST,
    "anysites": SiteMode.ANYLIST,
    "site": SiteMode.ANYLIST,
    "firstsite": SiteMode.FIRSTSITE,
    "first": SiteMode.FIRSTSITE,
}

SCHEDULES = {
    "all": Schedule.ALL,
    "always": Schedule.ALL,
    "any": Schedule.ALL,
    "work": Schedule.WORK,
    "nonwork": Schedule.NONWORK,
    "notwork": Schedule.NONWORK,
    "nowork": Schedule.NONWORK,
    "offwork": Schedule.NONWORK,
    "afterwork": Schedule.NONWORK,
    "rest": Schedule.NONWORK,
    "free": Schedule.NONWORK,
    "individual": Schedule.INDIVIDUAL,
    "periods": Schedule.INDIVIDUAL,
    "custom": Schedule.INDIVIDUAL,
    "personal": Schedule.INDIVIDUAL,
    "own": Schedule.INDIVIDUAL,
    "private": Schedule.INDIVIDUAL,
}


def site_mode_of(word: str, *, sites: tuple[str, ...]) -> SiteMode | None:
    """What a word for `sitemode` means, None for one outside all sets."""
    if word == "allsites" and not sites:
        return SiteMode.ALL
    return SITE_MODES.get(word)


def schedule_of(word: str) -> Schedule | None:
    """What a word for `schedule` means, None for one outside all sets."""
    return SCHEDULES.get(word)


def site_names(sites: str | tuple[str, ...]) -> tuple[str, ...]:
    """The names in `sites`, whichever form the client wrote, each once, in order (contract A1)."""
    listed = sites.split(",") if isinstance(sites, str) else sites
    return tuple(dict.fromkeys(name.strip() for name in listed if name.strip()))
