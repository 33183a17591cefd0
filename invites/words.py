"""The words of mails: one template a language and kind, filled with facts, never with markup."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    meta,
    nodes,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.daysheet import DaySheet, Meeting
from domain.invites import (
    DIGEST_FACTS,
    EXPOSURE_FACTS,
    FRESH_LINK_FACTS,
    MAY_INVITE_FACTS,
    NEED_FACTS,
    POLICY_FACTS,
    POLICY_LETTERS,
    PROXY_FACTS,
    QUARTER_FACTS,
    REMINDERS_FACTS,
    ROTATION_FACTS,
    TENSIONS_FACTS,
    TEST_FACTS,
    TEST_LETTERS,
    CalendarMail,
    Letter,
    LetterKind,
    Method,
)
from domain.language import Language, said_day
from domain.moments import wall_time, zone_of

LONGEST_SUBJECT = 78
"""Octets: what RFC 5322 section 2.1.1 would have a line be."""

LONGEST_TEXT = 8000
"""Octets of a program's own template."""

_TEXTS = Path(__file__).parent / "texts"
_CALENDAR, _PURPOSE, _SHEET = "calendar", "purpose", "day-sheet"
NAMES = (_CALENDAR, _PURPOSE, _SHEET, *(kind.value for kind in LetterKind))
"""Every template that a program may replace."""
_LETTER_FACTS: dict[str, tuple[str, ...]] = {
    LetterKind.REMINDERS: REMINDERS_FACTS,
    LetterKind.QUARTER_SHORT: QUARTER_FACTS,
    LetterKind.DIGEST: DIGEST_FACTS,
    LetterKind.FRESH_LINK: FRESH_LINK_FACTS,
    LetterKind.CUSTOMERS_LONG_AGO: EXPOSURE_FACTS,
    LetterKind.MAY_INVITE: MAY_INVITE_FACTS,
    LetterKind.TENSIONS_DUE: TENSIONS_FACTS,
    LetterKind.ASK_PROXY: PROXY_FACTS,
    LetterKind.READ_NEED: NEED_FACTS,
    **dict.fromkeys(TEST_LETTERS, TEST_FACTS),
    **dict.fromkeys(POLICY_LETTERS, POLICY_FACTS),
}


class _Phrases(NamedTuple):
    """What is said outside of templates."""

    invitation: str
    update: str
    cancellation: str
    declined: str
    reminder: str
    until: str
    answer: str
    open: str


_SAID = {
    Language.ENGLISH: _Phrases(
        invitation="Invitation",
        update="Updated",
        cancellation="Cancelled",
        declined="The time stays",
        reminder="Reminder: ",
        until="{} to {}",
        answer="Answer this invite",
        open="Open the page",
    ),
    Language.GERMAN: _Phrases(
        invitation="Einladung",
        update="Geändert",
        cancellation="Abgesagt",
        declined="Es bleibt bei der Zeit",
        reminder="Erinnerung: ",
        until="{} bis {} Uhr",
        answer="Auf die Einladung antworten",
        open="Seite öffnen",
    ),
}


def calendar_subject(mail: CalendarMail) -> str:
    """Return the subject: what it is, the title, and when."""
    prefix, day = _prefix(mail), _day(mail.starts, mail.zone, mail.language)
    room = LONGEST_SUBJECT - len(f"{prefix}: , {day}".encode())
    return f"{prefix}: {shortened(mail.title, room)}, {day}"


def _prefix(mail: CalendarMail) -> str:
    said = _SAID[mail.language]
    return {
        Method.REQUEST: said.update if mail.previous else said.invitation,
        Method.CANCEL: said.cancellation,
        Method.DECLINECOUNTER: said.declined,
    }[mail.method]


def shortened(text: str, octets: int) -> str:
    """Return the text, its end left out where it is longer than so many octets of UTF-8."""
    raw = text.encode()
    if len(raw) <= octets:
        return text
    kept = raw[: octets - len("…".encode())].decode("utf-8", "ignore")
    return f"{kept.rpartition(' ')[0] or kept}…"


def calendar_body(mail: CalendarMail) -> str:
    """Return the plain text of a calendar mail: when, where, what for, whom to ask."""
    return _fill(
        f"{_CALENDAR}.txt",
        mail,
        mail=mail,
        when=when(mail.starts, mail.ends, mail.zone, mail.language),
        own=_own_time(mail),
        was=wall_time(mail.was, mail.was_zone, mail.language) if mail.was else "",
    )


def calendar_notes(mail: CalendarMail, body: str) -> str:
    """Return the body for the calendar entry, which others may see: without goals and the link to answer."""
    if mail.goals:
        body = calendar_body(mail.model_copy(update={"goals": ()}))
    if mail.answer_url is None:
        return body
    return "\n\n".join(part for part in body.split("\n\n") if mail.answer_url not in part)


def _own_time(mail: CalendarMail) -> str:
    """The reader's wall time, empty where it is the same as the event's."""
    there, here = (
        mail.starts.astimezone(zone_of(zone)).utcoffset()
        for zone in (mail.zone, mail.reader_zone or mail.zone)
    )
    if there == here:
        return ""
    return when(mail.starts, mail.ends, mail.reader_zone, mail.language)


def letter_words(letter: Letter) -> tuple[str, str]:
    """Return subject and body of a letter; a template that names an unknown fact raises."""
    facts = dict(letter.facts)
    text = _fill(f"{letter.kind.value}.txt", letter, letter=letter, **facts)
    subject, _, body = text.partition("\n")
    reminder = _SAID[letter.language].reminder if letter.reminder else ""
    return reminder + subject.strip(), body.lstrip("\n")


def sheet_words(sheet: DaySheet) -> str:
    """Return the text of a day sheet, line by line: a title, then what stands below it.

    A line that begins with ``#`` is a heading, one with ``-`` a point of a list.
    """
    zone = zone_of(sheet.visit.zone)
    return _fill(
        f"{_SHEET}.txt",
        sheet,
        sheet=sheet,
        visit=_met(sheet.visit, sheet.language),
        others=tuple(_met(meeting, sheet.language) for meeting in sheet.others),
        ends=f"{sheet.visit.ends.astimezone(zone):%H:%M}",
        closes=wall_time(sheet.closes, sheet.visit.zone, sheet.language) if sheet.closes else "",
    )


def _met(meeting: Meeting, language: Language) -> str:
    times = when(meeting.starts, meeting.ends, meeting.zone, language)
    return ", ".join(filter(None, (meeting.title, times, meeting.where)))


def as_html(body: str, mail: CalendarMail | Letter) -> str:
    """Return the same words as HTML: no images, no remote parts, a button for each page."""
    said = _SAID[mail.language]
    invite = isinstance(mail, CalendarMail)
    url = mail.answer_url if isinstance(mail, CalendarMail) else mail.url
    paragraphs = [part.splitlines() for part in body.strip().split("\n\n")]
    return (
        _engine(Language.ENGLISH, ())
        .get_template("mail.html")
        .render(
            paragraphs=paragraphs,
            language=mail.language.value,
            url=url,
            urls=() if isinstance(mail, CalendarMail) else mail.urls,
            action=said.answer if invite else said.open,
        )
    )


def when(starts: datetime, ends: datetime, zone: str, language: Language = Language.ENGLISH) -> str:
    """Return the time as people say it, with zone and offset from UTC."""
    tz = zone_of(zone)
    first, last = starts.astimezone(tz), ends.astimezone(tz)
    offset = first.strftime("%z")
    times = _SAID[language].until.format(f"{first:%H:%M}", f"{last:%H:%M}")
    return f"{said_day(first, language)}, {times} ({zone}, UTC{offset[:3]}:{offset[3:]})"


def _day(moment: datetime, zone: str, language: Language) -> str:
    return said_day(moment.astimezone(zone_of(zone)), language)


def _fill(name: str, about: CalendarMail | Letter | DaySheet, /, **facts: object) -> str:
    return _engine(about.language, about.texts).get_template(name).render(**facts)


@lru_cache(maxsize=64)
def _engine(language: Language, texts: tuple[tuple[str, str], ...]) -> Environment:
    """Templates of a program come from outside: they see facts and nothing that runs."""
    own = DictLoader({f"{name}.txt": body for name, body in texts})
    kind = ImmutableSandboxedEnvironment if texts else Environment
    return kind(
        loader=ChoiceLoader([own, FileSystemLoader([_TEXTS / language.value, _TEXTS])]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def problem_of(language: Language, name: str, body: str) -> str | None:
    """Return what is wrong with a program's own template, as a sentence; None when it can be used."""
    if name not in NAMES:
        return f"there is no text '{name}'; the texts are {', '.join(NAMES)}"
    if len(body.encode()) > LONGEST_TEXT:
        return f"it is longer than {LONGEST_TEXT} bytes"
    try:
        tree = _engine(language, ()).parse(body)
    except TemplateSyntaxError as broken:
        return f"line {broken.lineno}: {broken.message}"
    return next(_problems(tree, name), None) or _tried(language, name, body)


_USABLE = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const,
    nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Filter, nodes.Include,
)  # fmt: skip
_FILTERS = frozenset({"join", "length", "lower", "upper", "trim"})
_PARTS = {
    *CalendarMail.model_fields,
    *Letter.model_fields,
    *DaySheet.model_fields,
    *("breaks", "first", "last", "index"),
} - {"texts"}
"""What may be asked of a mail, a letter, a day sheet or a loop."""
_LONGEST_RESULT = 20_000


def _problems(tree: nodes.Template, name: str) -> Iterator[str]:
    """What a template may not hold: anything that computes, and facts that there are none of."""
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _USABLE):
            yield f"line {node.lineno}: only facts, conditions and loops over lines can be used"
        if isinstance(node, nodes.Getattr) and node.attr not in _PARTS:
            yield f"line {node.lineno}: there is no '{node.attr}'"
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield f"line {node.lineno}: there is no '{node.name}'; use {', '.join(sorted(_FILTERS))}"
        if isinstance(node, nodes.For) and any(node.find_all(nodes.For)):
            yield f"line {node.lineno}: a loop inside of a loop"
        if isinstance(node, nodes.Include) and node.template != nodes.Const(f"{_PURPOSE}.txt"):
            yield f"line {node.lineno}: only '{_PURPOSE}.txt' can be included"
    known = facts_of(name)
    for unknown in sorted(meta.find_undeclared_variables(tree) - set(known)):
        yield f"there is no fact '{unknown}'; the facts are {', '.join(known)}"


def facts_of(name: str) -> tuple[str, ...]:
    """Return the facts that a template can use."""
    if name in {_CALENDAR, _PURPOSE}:
        return ("mail", "when", "own", "was")
    if name == _SHEET:
        return ("sheet", "visit", "others", "ends", "closes")
    return ("letter", *_LETTER_FACTS.get(name, ROTATION_FACTS))


def _tried(language: Language, name: str, body: str) -> str | None:
    """Fill the template for every use of it, with facts first and then without any."""
    try:
        words = [_words(mail) for mail in _examples(language, name, ((name, body),))]
    except (TemplateError, TypeError, ValueError, AttributeError) as unusable:
        return f"it can't be filled: {unusable}"
    if not all(part.strip() for part in words[0]):
        return "it says nothing; a letter begins with a line that is its subject"
    if any(len(text) > _LONGEST_RESULT for _, text in words):
        return "it repeats its facts until the mail is too long"
    return None


def _words(mail: CalendarMail | Letter | DaySheet) -> tuple[str, str]:
    if isinstance(mail, DaySheet):
        title, _, rest = sheet_words(mail).partition("\n")
        return title, rest
    if isinstance(mail, Letter):
        return letter_words(mail)
    return calendar_subject(mail), calendar_body(mail)


def _examples(
    language: Language, name: str, texts: tuple[tuple[str, str], ...]
) -> Iterator[CalendarMail | Letter | DaySheet]:
    at = datetime.fromisoformat("2026-11-30T09:00Z")
    reader = {"reader_name": "Ann", "reader_email": "ann@example.org", "contact": "Iris"}
    common = reader | {"language": language, "texts": texts, "lines": ("A line.",)}
    if name in {_CALENDAR, _PURPOSE}:
        event = {"uid": "u", "sequence": 0, "stamped": at, "created": at, "title": "A talk"}
        times = {"starts": at, "ends": at, "zone": "UTC"}
        for method in Method:
            yield CalendarMail.model_validate(common | event | times | {"method": method})
        return
    if name == _SHEET:
        visit = Meeting(title="A day", starts=at, ends=at, zone="UTC", where="The mill")
        told = {"language": language, "texts": texts, "leader": "Vera", "team": "The mill"}
        for lines in (("A line.",), ()):
            written = {"reader_name": "Ann", "visit": visit, "goals": lines, "lines": lines}
            yield DaySheet.model_validate(told | written | {"checklist": lines})
        return
    for said in ("A fact of it " * 20, ""):
        facts = tuple((fact, said) for fact in facts_of(name)[1:])
        letter = {"kind": name, "key": "k", "written": at, "facts": facts}
        yield Letter.model_validate(common | letter)
