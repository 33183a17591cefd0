"""The languages that mails are written in, and how each says a day; no machine's locale matters."""

from datetime import date
from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1 codes, as program folders name them."""

    ENGLISH = "en"
    GERMAN = "de"


_DAYS = {
    Language.ENGLISH: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    Language.GERMAN: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
}
_MONTHS = {
    Language.ENGLISH: [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ],
    Language.GERMAN: [
        "Jan.",
        "Feb.",
        "März",
        "Apr.",
        "Mai",
        "Juni",
        "Juli",
        "Aug.",
        "Sep.",
        "Okt.",
        "Nov.",
        "Dez.",
    ],
}


def said_day(day: date, language: Language) -> str:
    """Return a day such as ``Tue 8 Dec 2026`` or ``Di 8. Dez. 2026``."""
    number = f"{day.day}." if language is Language.GERMAN else f"{day.day}"
    weekday, month = _DAYS[language][day.weekday()], _MONTHS[language][day.month - 1]
    return f"{weekday} {number} {month} {day.year}"


def listed(names: list[str], language: Language) -> str:
    """Return names as they stand in a sentence: ``Ann, Ben and Cem``."""
    word = {Language.ENGLISH: "and", Language.GERMAN: "und"}[language]
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
