"""Proxies: written to in the place of somebody without mail, for as long as they are wanted."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.folder import FolderPerson
from domain.moves import apply
from domain.rotation import Answer, Ending, Phase, RotationState
from domain.telling import dispatch
from store.database import reading, writing
from store.erasing import Erasing
from store.importing import load_folder
from store.outbox import returned
from store.proxies import Proxies, told_proxies
from store.reminding import OF_PROXIES
from store.sayings import Sayings
from store.tables.installation import AuditTable
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable, ProxyTable
from tests.builders import ANA, BEN, DAY, LEADER
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    JsonComposer,
    PlainLinks,
    a_folder,
    a_person,
    all_leave,
    carry_out,
    desk,
    invited,
    invites,
    loaded_again,
    mails,
    replanned,
    the_step,
)

CEM = "P-0007"
SESSION = "listening-session"


def people(**of_ana: object) -> tuple[FolderPerson, ...]:
    """Ana has no mail; Cem works elsewhere."""
    return tuple(
        a_person(key, **({"email": None} | of_ana if key == "ana" else {})) for key in PEOPLE
    )


def inviting(engine: Engine, **of_ana: object) -> RotationState:
    load_folder(engine, a_folder(*people(**of_ana)), dry_run=False, now=NOW)
    state = invited(loaded_again(engine), SESSION)
    carry_out(engine, state, Errand(kind=ErrandKind.INVITE, step=SESSION))
    return state


def proxies(engine: Engine) -> Proxies:
    return Proxies(engine, JsonComposer(), PlainLinks())


def asked(engine: Engine) -> list[dict[str, Any]]:
    """The letters to proxies, each with its facts by name."""
    return [
        mail | {"facts": dict(mail["facts"])}
        for mail in mails(engine)
        if mail.get("kind") == "ask-proxy"
    ]


def uid_of(engine: Engine, person: str = ANA) -> str:
    return next(row.uid for row in invites(engine, SESSION) if row.person == person)


def audit(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(AuditTable.sentence)))


def test_a_proxy_gets_the_invite_of_somebody_without_mail(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    carry_out(engine, state, Errand(kind=ErrandKind.INVITE, step=SESSION))

    (letter,) = asked(engine)

    assert (letter["reader_name"], letter["facts"]["person"]) == ("Cem", "Ana")
    assert letter["facts"]["title"] == "Rotation: conversation"
    assert letter["url"] == f"http://127.0.0.1/proxy/{CEM}/{uid_of(engine)}"
    assert "See a ticket through" not in str(letter)


def test_what_a_proxy_says_is_the_persons_answer_and_audited(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    uid, sayings = uid_of(engine), Sayings(engine, VAULT)

    sayings.answer_as_proxy(uid, CEM, Answer.ACCEPTED, NOW)

    page = proxies(engine).page(uid, CEM)
    assert (page.person_name, page.answer, page.own, page.open) == ("Ana", "accepted", True, True)
    assert f"{CEM} answered for {ANA}: accepted {SESSION}" in audit(engine)
    sayings.answer(uid, Answer.DECLINED, "link", NOW)
    page = proxies(engine).page(uid, CEM)
    assert (page.answer, page.own) == ("declined", False)
    for stranger in (BEN, state.participant, ANA):
        with pytest.raises(NotFound):
            sayings.answer_as_proxy(uid, stranger, Answer.ACCEPTED, NOW)
    with pytest.raises(NotFound):
        sayings.answer_as_proxy(uid_of(engine, BEN), CEM, Answer.ACCEPTED, NOW)


def test_a_proxy_hears_of_another_time_and_of_the_end(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    step = the_step(state, SESSION)
    moved = {"starts": step.starts + DAY, "ends": step.ends + DAY}
    state, errands = apply(state, replanned(state, listening_session=moved), NOW)
    desk(engine).carry_out(dispatch(state, errands, NOW))
    state = state.model_copy(update={"version": state.version + 1})
    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    first, again, off = asked(engine)

    assert [letter["facts"]["again"] for letter in (first, again)] == ["", "yes"]
    assert first["facts"]["when"] != again["facts"]["when"]
    assert (off["facts"]["called_off"], off["url"]) == ("yes", None)


def test_somebody_chooses_a_proxy_and_takes_that_back_whatever_the_folder_says(
    engine: Engine,
) -> None:
    inviting(engine)
    assert asked(engine) == []
    proxies(engine).choose(ANA, CEM, NOW)
    assert [letter["reader_name"] for letter in asked(engine)] == ["Cem"]
    assert proxies(engine).name_of(ANA) == "Cem"

    proxies(engine).take_back(ANA, NOW)
    load_folder(engine, a_folder(*people(proxy="cem")), dry_run=False, now=NOW)

    assert proxies(engine).name_of(ANA) == ""
    with pytest.raises(NotFound):
        Sayings(engine, VAULT).answer_as_proxy(uid_of(engine), CEM, Answer.ACCEPTED, NOW)
    said = audit(engine)
    assert f"{ANA} chose {CEM} as proxy" in said
    assert f"{ANA} took the proxy back" in said


@pytest.mark.parametrize(
    ("person", "proxy", "why"),
    [
        (BEN, CEM, "has a mail address"),
        (ANA, ANA, "has no mail address"),
        (ANA, LEADER, "visits others"),
    ],
)
def test_who_needs_no_proxy_or_can_be_none_is_told_why(
    engine: Engine, person: str, proxy: str, why: str
) -> None:
    inviting(engine)

    with pytest.raises(Refused, match=why):
        proxies(engine).choose(person, proxy, NOW)


def test_a_step_that_is_over_takes_no_answer_of_a_proxy(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    over = state.with_step(the_step(state, SESSION).model_copy(update={"phase": Phase.HELD}))
    carry_out(engine, over.model_copy(update={"version": over.version + 1}))

    assert not proxies(engine).page(uid_of(engine), CEM).open
    with pytest.raises(Refused, match="over"):
        Sayings(engine, VAULT).answer_as_proxy(uid_of(engine), CEM, Answer.ACCEPTED, NOW)


@pytest.mark.parametrize("erased", [ANA, CEM])
def test_erasing_somebody_ends_that_they_answer_or_are_answered_for(
    engine: Engine, erased: str
) -> None:
    state = inviting(engine, proxy="cem")
    proxies(engine).choose(ANA, CEM, NOW)
    ended = {"ending": Ending.WITHDRAWN, "version": state.version + 1}
    carry_out(engine, state.model_copy(update=ended))
    all_leave(engine)
    Erasing(engine).erase(erased, NOW)

    with reading(engine) as session:
        chosen = session.scalars(select(ProxyTable.proxy)).all()
        assert session.get_one(PersonTable, ANA).facts["proxy"] is None
    assert chosen == ([] if erased == ANA else [None])
    assert proxies(engine).name_of(ANA) == ""


def test_erasing_whom_somebody_chose_brings_back_nobody_of_the_folder(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    proxies(engine).choose(ANA, BEN, NOW)
    ended = {"ending": Ending.WITHDRAWN, "version": state.version + 1}
    carry_out(engine, state.model_copy(update=ended))
    all_leave(engine)

    Erasing(engine).erase(BEN, NOW)

    assert proxies(engine).name_of(ANA) == ""


def test_a_proxy_never_replaces_what_somebody_said_themselves(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    uid, sayings = uid_of(engine), Sayings(engine, VAULT)
    sayings.answer_as_proxy(uid, CEM, Answer.ACCEPTED, NOW)
    sayings.answer(uid, Answer.DECLINED, "link", NOW)

    page = proxies(engine).page(uid, CEM)
    with pytest.raises(Refused, match="Ana has answered this themselves"):
        sayings.answer_as_proxy(uid, CEM, Answer.ACCEPTED, NOW)

    assert (page.open, page.theirs) == (False, True)
    assert proxies(engine).page(uid, CEM).answer == "declined"
    step = the_step(state, SESSION)
    moved = {"starts": step.starts + DAY, "ends": step.ends + DAY}
    state, errands = apply(state, replanned(state, listening_session=moved), NOW)
    desk(engine).carry_out(dispatch(state, errands, NOW))
    sayings.answer_as_proxy(uid, CEM, Answer.ACCEPTED, NOW)
    assert proxies(engine).page(uid, CEM).own


REMIND = Errand(kind=ErrandKind.REMIND, step=SESSION)


@pytest.mark.parametrize("why", ["taken back", "another", "another in the folder", "called off"])
def test_what_waits_for_somebody_who_is_no_proxy_any_more_does_not_leave(
    engine: Engine, why: str
) -> None:
    state = inviting(engine, proxy="cem")
    carry_out(engine, state, REMIND)
    assert waits_for_proxies(engine) == ["waiting"]

    if why == "another":
        proxies(engine).choose(ANA, BEN, NOW)
    elif why == "another in the folder":
        load_folder(engine, a_folder(*people(proxy="ben")), dry_run=False, now=NOW)
        proxies(engine).tell(NOW)
    else:
        proxies(engine).take_back(ANA, NOW)
    if why == "called off":
        carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    assert waits_for_proxies(engine) == ["withdrawn"]


def waits_for_proxies(engine: Engine) -> list[str]:
    with reading(engine) as session:
        query = select(OutboxTable.state).where(OutboxTable.kind == OF_PROXIES)
        return list(session.scalars(query))


def test_a_proxy_is_reminded_once_while_nobody_has_answered(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    for _ in range(2):
        carry_out(engine, state, REMIND)

    first, reminder = asked(engine)

    assert (first["reminder"], reminder["reminder"]) == (False, True)
    assert (reminder["reader_name"], reminder["url"]) == ("Cem", first["url"])
    assert reminder["facts"]["again"] == ""
    with reading(engine) as session:
        assert told_proxies(session, [state.rotation]) == {(uid_of(engine), CEM)}
        kinds = {"remind-proxy": "waiting"}
        query = select(OutboxTable.kind, OutboxTable.state)
        assert dict(session.execute(query.where(OutboxTable.kind.in_(kinds))).all()) == kinds


@pytest.mark.parametrize("by", ["the proxy", "the person", "another time"])
def test_a_reminder_that_is_not_needed_any_more_does_not_leave(engine: Engine, by: str) -> None:
    state = inviting(engine, proxy="cem")
    carry_out(engine, state, REMIND)
    uid, sayings = uid_of(engine), Sayings(engine, VAULT)
    if by == "the proxy":
        sayings.answer_as_proxy(uid, CEM, Answer.ACCEPTED, NOW)
    elif by == "the person":
        sayings.answer(uid, Answer.ACCEPTED, "link", NOW)
    else:
        step = the_step(state, SESSION)
        moved = {"starts": step.starts + DAY, "ends": step.ends + DAY}
        state, errands = apply(state, replanned(state, listening_session=moved), NOW)
        desk(engine).carry_out(dispatch(state, errands, NOW))

    with reading(engine) as session:
        query = select(OutboxTable.state).where(OutboxTable.kind == "remind-proxy")
        assert session.scalars(query).all() == ["withdrawn"]


def test_who_has_answered_is_no_reason_to_remind_a_proxy(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    Sayings(engine, VAULT).answer(uid_of(engine), Answer.TENTATIVE, "link", NOW)

    carry_out(engine, state, REMIND)

    assert [letter["reminder"] for letter in asked(engine)] == [False]


def test_a_letter_that_came_back_has_told_no_proxy(engine: Engine) -> None:
    state = inviting(engine, proxy="cem")
    with writing(engine) as session:
        letter = session.scalars(select(OutboxTable).where(OutboxTable.kind == "ask-proxy")).one()
        returned(session, letter, NOW)

    with reading(engine) as session:
        assert told_proxies(session, [state.rotation]) == frozenset()


def test_a_proxy_whom_a_folder_names_after_the_invites_hears_of_those_to_come_once(
    engine: Engine,
) -> None:
    state = inviting(engine)
    load_folder(engine, a_folder(*people(proxy="cem")), dry_run=False, now=NOW)
    assert asked(engine) == []

    for _ in range(2):
        proxies(engine).tell(NOW)
        (letter,) = asked(engine)

    assert (letter["reader_name"], letter["facts"]["person"]) == ("Cem", "Ana")
    assert letter["url"] == f"http://127.0.0.1/proxy/{CEM}/{uid_of(engine)}"
    with reading(engine) as session:
        told = told_proxies(session, [state.rotation])
    assert told == {(uid_of(engine), CEM)}


@pytest.mark.parametrize("late", ["begun", "over", "ended"])
def test_no_proxy_is_written_to_of_what_needs_no_answer_any_more(engine: Engine, late: str) -> None:
    state = inviting(engine)
    step = the_step(state, SESSION)
    over = state.with_step(step.model_copy(update={"phase": Phase.HELD}))
    ended = state.model_copy(update={"ending": Ending.WITHDRAWN})
    now_is = {"begun": state, "over": over, "ended": ended}[late]
    carry_out(engine, now_is.model_copy(update={"version": state.version + 1}))
    load_folder(engine, a_folder(*people(proxy="cem")), dry_run=False, now=NOW)

    proxies(engine).tell(step.starts if late == "begun" else NOW)

    assert asked(engine) == []
