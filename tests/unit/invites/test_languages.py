"""The words of mails in their reader's language, and in a program's own."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.invites import PROXY_FACTS, Change, LetterKind, Method
from domain.language import Language, listed, said_day
from domain.people import Seat
from domain.program import StepKind
from invites.words import NAMES, problem_of
from tests.unit.invites.test_invites import COMPOSER, NOW, an_invite
from tests.unit.invites.test_outgoing import FACTS, a_letter, event, message_of, rendered, words

TEXTS = Path(__file__).parents[3] / "invites" / "texts"
GERMAN = Language.GERMAN


def in_german(**changes: object) -> dict[str, object]:
    return {"language": GERMAN, "title": "Rotation: Gespräch", "leader": "Vera Lang"} | changes


@pytest.mark.parametrize(
    ("day", "english", "german"),
    [
        (date(2026, 12, 8), "Tue 8 Dec 2026", "Di 8. Dez. 2026"),
        (date(2027, 3, 7), "Sun 7 Mar 2027", "So 7. März 2027"),
    ],
)
def test_a_day_is_said_in_each_language(day: date, english: str, german: str) -> None:
    assert said_day(day, Language.ENGLISH) == english
    assert said_day(day, GERMAN) == german


def test_names_are_listed_in_each_language() -> None:
    assert listed(["Ann", "Ben", "Cem"], GERMAN) == "Ann, Ben und Cem"
    assert listed(["Ann"], Language.ENGLISH) == "Ann"


def test_an_invite_in_german_says_all_of_it_in_german() -> None:
    mail = an_invite(
        **in_german(
            kind=StepKind.LISTENING_SESSION,
            seat=Seat.FRONTLINE,
            team="Werkstatt",
            others=("Cem Kaya",),
            lines=("Was hält Sie auf?",),
            where="Raum 4",
            contact="Iris Boll, iris@example.org",
            reader_zone="Europe/London",
        )
    )
    sent = rendered(mail)

    assert sent.subject == "Einladung: Rotation: Gespräch, Mo 30. Nov. 2026"
    assert words(sent.raw)[0].replace("\r\n", "\n") == (
        "Guten Tag Ann Ek,\n\n"
        "Rotation: Gespräch\n\n"
        "Wann: Mo 30. Nov. 2026, 11:00 bis 12:00 Uhr (Europe/Berlin, UTC+01:00)\n"
        "Für Sie: Mo 30. Nov. 2026, 10:00 bis 11:00 Uhr (Europe/London, UTC+00:00)\n"
        "Wo: Raum 4\n\n"
        "Vera Lang möchte Ihnen und Ihren Kolleginnen und Kollegen von Werkstatt zuhören. "
        "Die ersten Minuten gehören Ihnen: Vera Lang hört nur zu. "
        "Das Kommen ist freiwillig, und ein Nein braucht keinen Grund.\n\n"
        "Mit Cem Kaya.\n\n"
        "Fragen, die Vera Lang vielleicht mitbringt:\n\n"
        "Was hält Sie auf?\n\n"
        "Bitte antworten Sie in Ihrem Kalender. Zeigt er keine Knöpfe, antworten Sie hier: "
        "http://127.0.0.1:8800/t/token\n\n"
        "Fragen? Iris Boll, iris@example.org hilft weiter.\n"
    )
    assert '<html lang="de">' in words(sent.raw)[1]
    assert "Auf die Einladung antworten" in words(sent.raw)[1]


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        (
            {"previous": ("<a@x>",), "change": Change.TIME, "was": NOW, "was_zone": "UTC"},
            "Geändert: ",
        ),
        ({"method": Method.CANCEL, "answer_url": None}, "Abgesagt: "),
        ({"method": Method.DECLINECOUNTER, "answer_url": None}, "Es bleibt bei der Zeit: "),
    ],
)
def test_mail_m9_the_prefix_is_of_the_readers_language(
    changes: dict[str, object], subject: str
) -> None:
    assert rendered(an_invite(**in_german(**changes))).subject.startswith(subject)


@pytest.mark.parametrize(
    ("language", "watches", "speaks"),
    [
        (Language.ENGLISH, "You observe in silence", "Say what you see through it"),
        (GERMAN, "Sie beobachten schweigend", "Sagen Sie, was Sie von dort aus sehen"),
    ],
)
def test_first_f10_who_observes_a_session_in_silence_is_told_so(
    language: Language, watches: str, speaks: str
) -> None:
    session = {"kind": StepKind.RITUAL_SESSION, "lens": "finance", "language": language}

    silent = words(rendered(an_invite(**session, observes=True)).raw)[0]
    talking = words(rendered(an_invite(**session)).raw)[0]

    assert watches in silent
    assert speaks not in silent
    assert speaks in talking
    assert watches not in talking


def test_the_time_before_is_said_in_german() -> None:
    mail = an_invite(**in_german(change=Change.TIME, was=NOW, was_zone="Europe/Berlin"))

    assert "bisher war es Mo 23. Nov. 2026, 11:00 (Europe/Berlin)" in words(rendered(mail).raw)[0]


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_is_written_in_german_with_the_facts_of_the_english_one(
    kind: LetterKind,
) -> None:
    english, german = (
        " ".join(words(COMPOSER.letter(a_letter(kind, language=one)).raw)[0].split())
        for one in Language
    )

    said = {fact for fact in FACTS.values() if fact in english}
    assert {fact for fact in FACTS.values() if fact in german} >= said - {FACTS["title"]}
    assert "Guten Tag Ann Ek," in german
    assert "Hello" not in german
    assert ("http://127.0.0.1:8800/t/token" in german) == ("token" in english)


def test_a_reminder_in_german_says_so() -> None:
    letter = COMPOSER.letter(a_letter(LetterKind.ASK_GOALS, language=GERMAN, reminder=True))

    assert letter.subject == "Erinnerung: Sind das Ihre Lernziele für den Besuch?"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_sojourns_own_could_be_a_programs(language: Language, name: str) -> None:
    body = (TEXTS / language.value / f"{name}.txt").read_text()

    assert problem_of(language, name, body) is None


def test_a_programs_own_text_takes_the_place_of_sojourns() -> None:
    own = (("ask-goals", "Deine Ziele?\nHallo {{ letter.reader_name }}: {{ goals }}\n"),)
    letter = COMPOSER.letter(a_letter(LetterKind.ASK_GOALS, language=GERMAN, texts=own))
    other = COMPOSER.letter(a_letter(LetterKind.ASK_HOST, language=GERMAN, texts=own))

    assert letter.subject == "Deine Ziele?"
    assert words(letter.raw)[0].strip() == "Hallo Ann Ek: The goals of it"
    assert other.subject == "Darf The participant of it The team of it besuchen?"


def test_a_programs_own_purpose_stands_in_sojourns_invite() -> None:
    mail = an_invite(texts=(("purpose", "We look at {{ mail.team }}.\n\n"),), team="the mill")

    assert "We look at the mill." in str(event(mail)["DESCRIPTION"])
    assert "When: " in words(rendered(mail).raw)[0]


def test_what_a_fact_holds_is_never_taken_for_a_template() -> None:
    letter = a_letter(LetterKind.ASK_GOALS, facts=tuple((name, "{{ 7 * 7 }}") for name in FACTS))

    assert "{{ 7 * 7 }}" in words(COMPOSER.letter(letter).raw)[0]


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("ask-gaols", "Hello\n", "there is no text 'ask-gaols'"),
        ("mail", "Hello\n", "there is no text 'mail'"),
        ("ask-goals", "Hello\n" + "x" * 8000, "longer than 8000 bytes"),
        ("ask-goals", "Hello {{ goals\n", "line 1: "),
        ("ask-goals", "Hello\n{% for x in letter.lines %}\n", "line 2: "),
        ("ask-goals", "Hello\n{{ salary }}\n", "there is no fact 'salary'"),
        ("ask-goals", "Hello\n{{ owner }}\n", "there is no fact 'owner'"),
        ("ask-goals", "Hello\n{{ letter.texts }}\n", "line 2: there is no 'texts'"),
        ("ask-goals", "Hello\n{{ letter.__class__ }}\n", "line 2: there is no '__class__'"),
        ("ask-goals", "Hello\n{{ letter.model_dump() }}\n", "line 2: "),
        ("ask-goals", "Hello\n{{ goals * 1000000 }}\n", "only facts, conditions and loops"),
        ("ask-goals", "Hello\n{% for x in range(9) %}{% endfor %}", "only facts, conditions"),
        ("ask-goals", "Hello\n{{ goals|replace('a', 'b') }}\n", "there is no 'replace'"),
        ("ask-goals", "Hello\n{% include '/etc/passwd' %}\n", "only 'purpose.txt'"),
        (
            "ask-goals",
            "Hello\n{% for x in letter.lines %}{% for y in letter.lines %}{% endfor %}{% endfor %}",
            "a loop inside of a loop",
        ),
        ("ask-goals", "\nNo subject.\n", "it says nothing"),
        ("ask-goals", "Hello\n", "it says nothing"),
        ("ask-goals", "Hello\n" + "{{ goals }}" * 700, "until the mail is too long"),
        ("calendar", "{{ letter.reader_name }}\n", "there is no fact 'letter'"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_with_its_place(
    name: str, body: str, problem: str
) -> None:
    found = problem_of(Language.ENGLISH, name, body)

    assert found is not None
    assert problem in found


def test_the_readers_zone_counts_on_each_side_of_a_clock_change() -> None:
    starts = datetime(2027, 3, 28, 9, tzinfo=UTC)
    mail = an_invite(
        **in_german(starts=starts, ends=starts + timedelta(hours=1), reader_zone="America/New_York")
    )

    text = words(rendered(mail).raw)[0]
    assert "Wann: So 28. März 2027, 11:00 bis 12:00 Uhr (Europe/Berlin, UTC+02:00)" in text
    assert "Für Sie: So 28. März 2027, 05:00 bis 06:00 Uhr (America/New_York, UTC-04:00)" in text
    assert message_of(rendered(mail).raw)["Subject"].endswith("So 28. März 2027")


@pytest.mark.parametrize(
    ("called_off", "said"),
    [
        ("", "Die Einladung gilt für:\n\nGespräch\nWann: Di 8. Dez. 2026, 9:00 Uhr\n"),
        ("yes", "Abgesagt ist: Gespräch, Di 8. Dez. 2026, 9:00 Uhr. Emil war dazu eingeladen."),
    ],
)
def test_a_proxy_reads_in_german_what_the_invite_is_for(called_off: str, said: str) -> None:
    facts = {"title": "Gespräch", "when": "Di 8. Dez. 2026, 9:00 Uhr", "person": "Emil"}
    letter = a_letter(
        kind=LetterKind.ASK_PROXY,
        language=GERMAN,
        facts=tuple((dict.fromkeys(PROXY_FACTS, "") | facts | {"called_off": called_off}).items()),
    )

    assert said in words(COMPOSER.letter(letter).raw)[0].replace("\r\n", "\n")
