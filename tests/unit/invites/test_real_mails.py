"""What ``sojourn mail explain`` finds in mails of real programs, and that no mail stops it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.incoming import Incoming, Judgement, KnownInvite, judge
from invites.explaining import explain
from tests.unit.invites.letterbox import (
    ANN,
    ANSWERS,
    AUTOMATIC,
    BOUNCES,
    NOTES,
    OTHERS,
    UID,
    Mail,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
KNOWN = KnownInvite(
    uid=UID, person="P-0001", address=ANN, sequence=1, starts=NOW + timedelta(days=7)
)


def judged(mail: Incoming) -> Judgement:
    return judge(mail, KNOWN if mail.uid == UID else None, NOW)


def facts_of(mail: Mail) -> dict[str, object]:
    found = explain("mail.eml", mail.raw, judged).model_dump(mode="json")
    return {name: found[name] for name in mail.facts}


def each(mails: dict[str, Mail]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mail", mails.values(), ids=mails.keys())


@each(ANSWERS)
def test_an_answer_says_what_its_writer_meant(mail: Mail) -> None:
    assert facts_of(mail) == mail.facts


@each(OTHERS)
def test_what_is_no_answer_is_known_as_none(mail: Mail) -> None:
    assert facts_of(mail) == mail.facts


@each(NOTES)
def test_words_are_kept_without_what_they_quote(mail: Mail) -> None:
    assert facts_of(mail) == mail.facts


@each(AUTOMATIC)
def test_a_machine_that_answers_is_known_in_many_languages(mail: Mail) -> None:
    assert facts_of(mail) == mail.facts


@each(BOUNCES)
def test_a_mail_that_comes_back_is_known_from_any_server(mail: Mail) -> None:
    assert facts_of(mail) == mail.facts
