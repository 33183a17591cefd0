"""Public holidays by country and subdivision, as whole local days on which nobody is met."""

from datetime import date
from functools import cache

import holidays

from domain.moments import Interval, whole_day


def holiday_absences(
    country: str, subdivision: str | None, zone: str, first: date, last: date
) -> tuple[Interval, ...]:
    """Return each public holiday from ``first`` to ``last`` (both included) as a local day."""
    days = _days(country, subdivision, tuple(range(first.year, last.year + 1)))
    return tuple(whole_day(day, zone) for day in days if first <= day <= last)


def known_place(country: str, subdivision: str | None) -> str | None:
    """Return what is wrong with a country and its part, or None when holidays are known for it."""
    places = holidays.list_supported_countries(include_aliases=False)
    if country not in places:
        return f"'{country[:20]}' is no country whose holidays are known"
    if subdivision and subdivision not in places[country]:
        parts = ", ".join(places[country][:8])
        return f"'{subdivision[:20]}' is no part of {country}; some are {parts}"
    return None


@cache
def _days(country: str, subdivision: str | None, years: tuple[int, ...]) -> tuple[date, ...]:
    return tuple(sorted(holidays.country_holidays(country, subdiv=subdivision, years=years)))
