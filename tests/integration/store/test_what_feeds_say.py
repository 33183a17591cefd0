"""What feeds say of rotations in the store, over time."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select

from domain.due import catch_up
from domain.errors import NotFound, Refused
from domain.events import Cancel, Event, Skip, TeamDissolved, Withdraw
from domain.feeds import FeedEvent, Standing
from domain.links import LinkOver
from domain.moves import apply
from domain.rotation import Phase, RotationState
from intake.holidays import holiday_absences
from store.chance import UNGUESSABLE
from store.database import reading, writing
from store.feeds import Feeds
from store.importing import load_folder
from store.rituals import RitualDesk
from store.tables.installation import FeedEntryTable, FeedTable
from store.tables.mail import InviteTable
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable
from tests.builders import a_rotation, gates
from tests.integration.store.test_sessions import ALL, RITUAL, folder
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    carry_out,
    inviting,
    loaded,
    replanned,
    the_step,
)

MARA, BOSS, LEAD, ANA, DESK, SHOP = "P-0001", "P-0002", "P-0003", "P-0004", "H-01", "H-02"
ALL_STEPS = ("goal-talk", "shadowing-day", "listening-session", "reflection")
DAY = timedelta(days=1)
URL = "https://rotations.example"


def feeds(engine: Engine) -> Feeds:
    return Feeds(engine, UNGUESSABLE, URL)


def token_of(address: str) -> str:
    return address.removeprefix(f"{URL}/feeds/").removesuffix(".ics")


class Subscription:
    """One feed as somebody who subscribes to it sees it."""

    def __init__(self, engine: Engine, whose: str) -> None:
        self._feeds = feeds(engine)
        self.token = token_of(self._feeds.create(whose, NOW))

    def events(self, now: datetime = NOW) -> tuple[FeedEvent, ...]:
        return self._feeds.read(self.token, now).events

    def event(self, title: str, now: datetime = NOW) -> FeedEvent:
        (found,) = (event for event in self.events(now) if title in event.title)
        return found

    def standing(self, now: datetime = NOW) -> dict[str, str]:
        return {event.title.partition(" (")[0]: event.standing.value for event in self.events(now)}


def hears(engine: Engine, state: RotationState, event: Event, now: datetime) -> RotationState:
    changed, errands = apply(state, event, now)
    carry_out(engine, changed, *errands, now=now)
    return changed


def test_feed_f1_only_a_digest_is_kept_and_a_new_address_ends_the_old_one(engine: Engine) -> None:
    loaded(engine)
    first = token_of(feeds(engine).create(MARA, NOW))
    second = token_of(feeds(engine).rotate(MARA, NOW))

    with reading(engine) as session:
        kept = [(row.digest, row.whose) for row in session.scalars(select(FeedTable))]
    assert len({first, second}) == 2
    assert min(len(first), len(second)) == 43
    assert not [digest for digest, _ in kept if first in digest or second in digest]
    assert feeds(engine).read(second, NOW).name == "Rotation steps of Mara"
    with pytest.raises(LinkOver):
        feeds(engine).read(first, NOW)


def test_feed_f1_there_is_one_feed_for_each(engine: Engine) -> None:
    loaded(engine)
    feeds(engine).create(DESK, NOW)

    with pytest.raises(Refused, match="a feed for The desk"):
        feeds(engine).create(DESK, NOW)
    with pytest.raises(NotFound, match="no feed for Mara"):
        feeds(engine).rotate(MARA, NOW)
    with pytest.raises(NotFound, match="P-0099"):
        feeds(engine).create("P-0099", NOW)
    assert [(s.kind, s.name) for s in feeds(engine).subscribed()] == [("host team", "The desk")]


def test_feed_f10_a_revoked_feed_is_gone_and_an_unknown_one_never_was(engine: Engine) -> None:
    loaded(engine)
    token = token_of(feeds(engine).create(MARA, NOW))
    feeds(engine).revoke(MARA, NOW)

    with pytest.raises(LinkOver, match="not served any more"):
        feeds(engine).read(token, NOW)
    with pytest.raises(NotFound, match="no calendar at this address"):
        feeds(engine).read(token[:-1], NOW)
    assert feeds(engine).subscribed() == ()


def test_feed_f3_no_uid_of_a_feed_is_that_of_an_invite_or_of_another_feed(engine: Engine) -> None:
    inviting(engine, *ALL_STEPS)
    found = [
        event.uid
        for whose in (MARA, BOSS, LEAD, ANA, DESK, "winter")
        for event in Subscription(engine, whose).events()
    ]
    with reading(engine) as session:
        invites = set(session.scalars(select(InviteTable.uid)))

    assert all(uid.startswith("feed-") and uid.endswith("@sojourn.example") for uid in found)
    assert len(set(found)) == len(found)
    assert not invites & set(found)


def test_feed_f6_a_moved_step_keeps_its_uid_and_raises_sequence_for_everybody(
    engine: Engine,
) -> None:
    state = inviting(engine, *ALL_STEPS)
    subscribed = [Subscription(engine, whose) for whose in (MARA, LEAD, DESK, "winter")]
    before = [one.event("shadowing-day") for one in subscribed]
    others = [e for e in subscribed[0].events() if e != before[0]]
    day = the_step(state, "shadowing-day")
    moved = {"starts": day.starts + DAY, "ends": day.ends + DAY}

    later = NOW + timedelta(minutes=1)
    hears(engine, state, replanned(state, shadowing_day=moved), later)

    assert [one.event("shadowing-day") for one in subscribed] == [
        event.model_copy(update=moved | {"sequence": event.sequence + 1, "changed": later})
        for event in before
    ]
    assert [e for e in subscribed[0].events() if "shadowing-day" not in e.title] == others


def test_feed_f6_what_is_cancelled_stays_thirty_days_and_vanishes_then(engine: Engine) -> None:
    state = inviting(engine, *ALL_STEPS)
    mara, desk = Subscription(engine, MARA), Subscription(engine, DESK)
    before = mara.event("goal-talk")

    hears(engine, state, Skip(step="goal-talk"), NOW)

    gone = mara.event("goal-talk")
    assert (gone.uid, gone.standing) == (before.uid, Standing.CANCELLED)
    assert gone.sequence == before.sequence + 1
    assert "goal-talk" in mara.standing(NOW + 30 * DAY)
    assert "goal-talk" not in mara.standing(NOW + 32 * DAY)
    assert "Mara: goal-talk" not in desk.standing()


@pytest.mark.parametrize("event", [Withdraw(), Cancel()])
def test_who_withdraws_is_called_off_in_all_feeds(engine: Engine, event: Event) -> None:
    state = inviting(engine, *ALL_STEPS)
    subscribed = [Subscription(engine, whose) for whose in (MARA, BOSS, LEAD, ANA, DESK, "winter")]

    hears(engine, state, event, NOW)

    for one in subscribed:
        assert set(one.standing().values()) == {"CANCELLED"}


def test_what_took_place_stays_when_its_rotation_ends(engine: Engine) -> None:
    state = inviting(engine, *ALL_STEPS)
    held = the_step(state, "goal-talk").model_copy(update={"phase": Phase.HELD})

    hears(engine, state.with_step(held), Withdraw(), NOW)

    assert Subscription(engine, BOSS).standing() == {"goal-talk": "CONFIRMED"}


def test_another_team_takes_over_and_the_first_sees_it_called_off(engine: Engine) -> None:
    state = inviting(engine, *ALL_STEPS)
    desk, shop = Subscription(engine, DESK), Subscription(engine, SHOP)
    lead, mara = Subscription(engine, LEAD), Subscription(engine, MARA)
    before = mara.event("shadowing-day")

    waiting = hears(engine, state, TeamDissolved(team=DESK), NOW)
    assert set(desk.standing().values()) == set(lead.standing().values()) == {"CANCELLED"}
    assert mara.event("shadowing-day").standing is Standing.CANCELLED

    day = the_step(state, "shadowing-day")
    seats = tuple(
        a.model_copy(update={"person": "P-0006"}) if a.person == LEAD else a for a in day.attendees
    )
    later = NOW + timedelta(minutes=1)
    event = replanned(waiting, host=SHOP, shadowing_day={"attendees": seats})
    hears(engine, waiting, event, later)

    again = [e for e in mara.events(later) if "shadowing-day" in e.title]
    assert {(e.standing, e.uid == before.uid, e.where) for e in again} == {
        (Standing.CANCELLED, True, ""),
        (Standing.TENTATIVE, False, "The shop, at the desk"),
    }
    assert "Mara: shadowing-day" in shop.standing()


def test_feed_f8_a_feed_reaches_from_ninety_days_back_to_four_hundred_ahead(engine: Engine) -> None:
    state = inviting(engine, *ALL_STEPS)
    mara = Subscription(engine, MARA)
    first, last = state.steps[0], state.steps[-1]

    assert "goal-talk" in mara.standing(first.ends + 90 * DAY - timedelta(hours=1))
    assert "goal-talk" not in mara.standing(first.ends + 92 * DAY)
    assert "thanks" not in mara.standing(last.starts - 401 * DAY)
    assert "thanks" in mara.standing(last.starts - 399 * DAY)


def test_feed_f9_a_reflection_is_neutral_to_its_owner_and_busy_to_everybody_else(
    engine: Engine,
) -> None:
    inviting(engine, *ALL_STEPS)
    own, managers = Subscription(engine, MARA), Subscription(engine, "winter")

    (mine,) = (event for event in own.events() if event.private)
    (theirs,) = (event for event in managers.events() if event.private)
    assert (mine.title, mine.where, mine.lines, mine.url) == (
        "Rotation: quiet half hour",
        "",
        (),
        "",
    )
    assert (theirs.title, theirs.where, theirs.lines, theirs.url) == ("Mara: Busy", "", (), "")


def test_feed_f9_nobody_reads_a_name_that_the_program_does_not_show_them(engine: Engine) -> None:
    inviting(engine, *ALL_STEPS)
    seen = {
        whose: feeds(engine).read(Subscription(engine, whose).token, NOW).model_dump_json()
        for whose in (MARA, BOSS, LEAD, ANA, DESK, "winter")
    }
    names = {
        whose: {key.capitalize() for key in PEOPLE if key.capitalize() in text}
        for whose, text in seen.items()
    }

    assert not [text for text in seen.values() if "@example.org" in text]
    assert names == {
        MARA: {"Mara", "Boss"},
        BOSS: {"Mara", "Boss"},
        LEAD: {"Mara", "Boss", "Lead"},
        ANA: {"Mara", "Boss", "Ana"},
        DESK: {"Mara", "Boss"},
        "winter": {"Mara"},
    }


def test_people_who_have_not_agreed_see_nothing_and_the_program_manager_sees_pencilled_dates(
    engine: Engine,
) -> None:
    state = loaded(engine, gates=gates(passed=False))
    carry_out(engine, state.model_copy(update={"version": 1}))

    assert Subscription(engine, MARA).events() == Subscription(engine, DESK).events() == ()
    assert set(Subscription(engine, "winter").standing().values()) == {"TENTATIVE"}


def test_a_session_of_a_ritual_stands_in_the_feed_of_everybody_who_comes(engine: Engine) -> None:
    load_folder(engine, folder(RITUAL), dry_run=False, now=NOW)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
        rows = session.execute(select(RotationTable.participant, RotationTable.id)).all()
    for participant, rotation in rows:
        carry_out(engine, a_rotation(participant=participant, rotation=rotation, version=1))
    (series,) = RitualDesk(engine, holiday_absences).series("winter")
    opened = RitualDesk(engine, holiday_absences).next_session(series, NOW)
    assert opened is not None
    state, errands = catch_up(opened, NOW)
    carry_out(engine, state, *errands)

    mara, cohort = Subscription(engine, MARA), Subscription(engine, "winter")

    (session_of_mara,) = (e for e in mara.events() if "Lenses" in e.title)
    assert session_of_mara.title == "Lenses (A day with the desk)"
    assert session_of_mara.lines[0].startswith("With ")
    assert len([e for e in cohort.events() if e.title.startswith("Lenses")]) == 1
    assert len(ALL) == len(state.steps[0].attendees)


def test_rotations_from_before_there_were_feeds_are_in_them(engine: Engine) -> None:
    inviting(engine, *ALL_STEPS)
    with writing(engine) as session:
        session.execute(delete(FeedEntryTable))

    assert Subscription(engine, BOSS).standing() == {"goal-talk": "CONFIRMED"}


def test_the_same_word_twice_changes_nothing(engine: Engine) -> None:
    state = inviting(engine, *ALL_STEPS)
    mara = Subscription(engine, MARA)
    before = mara.events()

    carry_out(engine, state, now=NOW + DAY)
    carry_out(engine, state.model_copy(update={"version": state.version + 1}), now=NOW + DAY)

    assert mara.events() == before


def test_feed_f4_what_a_feed_says_is_dated_when_it_was_first_served(engine: Engine) -> None:
    loaded(engine)
    token = token_of(feeds(engine).create(MARA, NOW))
    later = NOW + timedelta(hours=1, microseconds=5)

    dates = [
        feeds(engine).served(token, etag, at)
        for etag, at in (("a", NOW), ("a", later), ("b", later), ("b", later + DAY))
    ]

    hour = later.replace(microsecond=0)
    assert dates == [NOW, NOW, hour, hour]
