"""What differs between two versions of a program is said, all of it, and whom it reaches."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.difference import Reach, differences, obstacles, refuse_to_follow
from domain.errors import Refused
from domain.language import Language
from domain.outcomes import Windows
from domain.people import Fact, Lens, Seat
from domain.program import (
    OCCASIONS,
    Attendance,
    Cadence,
    Exercise,
    FormField,
    Gate,
    Patience,
    Program,
    ProgramText,
    Ritual,
    StepKind,
    StepTemplate,
    Timing,
    Visit,
    VoiceMode,
    Weekday,
    Weights,
    Window,
)
from domain.value import Value

HOUR = timedelta(hours=1)
ANOTHER: dict[Any, Any] = {True: False, False: True}


def a_step(key: str, after: str | None = None) -> StepTemplate:
    return StepTemplate(
        key=key,
        kind=StepKind.LEARNING_GOAL_TALK,
        title=key.capitalize(),
        duration=HOUR,
        window=Window(after=after, opens=timedelta(), closes=timedelta(days=10)),
        attendance=Attendance(required=(Seat.PARTICIPANT,)),
        starts_at="09:00",
        where="Here",
        prompts=("Why?",),
    )


RITUAL = Ritual(
    key="lenses",
    title="Lenses",
    duration=HOUR,
    weekday=Weekday.THURSDAY,
    week=2,
    starts_at="15:00",
    lenses=tuple(Lens),
)
CARD = Exercise(
    key="notes",
    version=1,
    title="Notes",
    seat=Seat.PARTICIPANT,
    step=StepKind.REFLECTION,
    timing=Timing.AFTER,
    fields=(FormField(key="one", label="One"),),
)
PROGRAM = Program(
    key="mill",
    version=3,
    name="A day",
    cohort="spring",
    zone="Europe/Vienna",
    starts_on=date(2026, 3, 2),
    weeks=5,
    coordinator="iris",
    mail_domain="mill.example",
    steps=(a_step("talk"), a_step("day", "talk")),
    exercises=(CARD,),
    rituals=(RITUAL,),
)

OTHERS: dict[str, object] = {
    "kind": StepKind.FOLLOW_UP,
    "stop": 2,
    "window": Window(after="talk", opens=HOUR, closes=timedelta(days=9)),
    "attendance": Attendance(required=(Seat.PARTICIPANT, Seat.HOST_LEAD), frontline_quorum=1),
    "weekday": Weekday.MONDAY,
    "week": None,
    "lenses": ("customer",),
    "prompts": ("What?",),
    "starts_at": "10:00",
    "starts_on": date(2026, 3, 9),
    "gates": (Gate.GOALS,),
    "language": Language.GERMAN,
    "texts": (ProgramText(language=Language.GERMAN, name="thanks", body="Danke"),),
    "blackouts": ((date(2026, 4, 1), date(2026, 4, 2)),),
    "required_lenses": ("finance",),
    "patience": Patience(remind_after=timedelta(days=5)),
    "weights": Weights(early=9),
    "cards": ("digest",),
    "exercises": (),
    "steps": (a_step("talk"),),
    "visit": "ride-along",
    "visits": (Visit(key="ride-along", title="Ride-along", duration=HOUR),),
    "occasions": (OCCASIONS["peer-debrief"],),
    "cadence": Cadence(reflection=timedelta(days=5)),
    "outcomes": Windows(current=timedelta(days=5)),
    "voice_mode": VoiceMode.NAMED,
    "voice_fact": Fact.SHIFT,
    "rituals": (),
}


def other(value: object, name: str) -> object:
    """A value of the same type that differs."""
    if name in OTHERS:
        return OTHERS[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, timedelta):
        return value + HOUR
    return value + 1 if isinstance(value, int) else f"{value} x"


def sentences(old: Program, new: Program) -> list[str]:
    return [one.sentence for one in differences(old, new)]


def fields(of: type[Value], *without: str) -> list[str]:
    return [name for name in of.model_fields if name not in {"key", *without}]


def test_the_same_program_does_not_differ() -> None:
    assert differences(PROGRAM, PROGRAM.model_copy(update={"version": 4})) == ()


@pytest.mark.parametrize("name", fields(Program, "version"))
def test_first_f12_whatever_differs_in_a_program_is_said(name: str) -> None:
    new = PROGRAM.model_copy(update={name: other(getattr(PROGRAM, name), name)})

    assert differences(PROGRAM, new)


@pytest.mark.parametrize("name", fields(StepTemplate))
def test_first_f12_whatever_differs_in_a_step_is_said(name: str) -> None:
    talk, day = PROGRAM.steps
    changed = day.model_copy(update={name: other(getattr(day, name), name)})
    new = PROGRAM.model_copy(update={"steps": (talk, changed)})

    (found,) = differences(PROGRAM, new)

    assert found.step == "day"
    words = {"title", "where", "prompts", "names_shown"}
    assert found.reach is (Reach.WORDS if name in words else Reach.PLAN)


@pytest.mark.parametrize("name", fields(Ritual))
def test_first_f12_whatever_differs_in_a_ritual_is_said(name: str) -> None:
    changed = RITUAL.model_copy(update={name: other(getattr(RITUAL, name), name)})

    (found,) = differences(PROGRAM, PROGRAM.model_copy(update={"rituals": (changed,)}))

    assert found.reach is not Reach.PLAN


@pytest.mark.parametrize("name", fields(Patience, "weekdays_only"))
def test_first_f12_whatever_differs_in_patience_is_said(name: str) -> None:
    patience = PROGRAM.patience
    changed = patience.model_copy(update={name: other(getattr(patience, name), name)})

    (found,) = differences(PROGRAM, PROGRAM.model_copy(update={"patience": changed}))

    assert found.reach is Reach.PLAN


@pytest.mark.parametrize(
    ("card", "reach"),
    [
        ("digest", Reach.SESSIONS),
        ("peer-debrief", Reach.SESSIONS),
        ("quick-test", Reach.WORDS),
        ("notes", Reach.WORDS),
    ],
)
def test_first_f12_a_card_that_is_switched_on_or_off_is_said_once(card: str, reach: Reach) -> None:
    without = PROGRAM.model_copy(update={"exercises": ()})
    own = (CARD,) if card == CARD.key else ()
    having = without.model_copy(update={"cards": (card,), "exercises": own})

    (on,), (off,) = differences(without, having), differences(having, without)

    assert (on.sentence, on.reach) == (f"The card '{card}' is switched on.", reach)
    assert (off.sentence, off.reach) == (f"The card '{card}' is switched off.", reach)


def test_first_f12_it_is_said_in_plain_words() -> None:
    talk, day = PROGRAM.steps
    longer = day.model_copy(update={"duration": 5 * HOUR, "title": "At the mill"})
    card = CARD.model_copy(update={"version": 2})
    changes = {
        "steps": (longer, a_step("thanks", "day")),
        "exercises": (card, CARD.model_copy(update={"key": "more"})),
        "patience": Patience(remind_after=timedelta(days=5)),
        "gates": (Gate.GOALS, Gate.HOST, Gate.COLLEAGUES),
        "rituals": (RITUAL.model_copy(update={"starts_at": "16:00"}),),
    }

    assert sentences(PROGRAM, PROGRAM.model_copy(update=changes)) == [
        "The step 'talk' is left out.",
        "The step 'thanks' is new.",
        "The step 'day' is longer: it takes 5h instead of 1h.",
        "The title of the step 'day' is “At the mill” instead of “Day”.",
        "The start of the ritual 'lenses' is “16:00” instead of “15:00”.",
        "The card 'more' is switched on.",
        "What the card 'notes' asks is changed.",
        "People are reminded after 5d instead of 3d.",
        "The consent 'release' is not asked any more.",
    ]
    swapped = PROGRAM.model_copy(update={"steps": (day, talk)})
    assert sentences(PROGRAM, swapped) == ["The steps come in another order: day, talk."]


def test_first_f12_several_things_and_stretches_of_days_are_said_as_people_say_them() -> None:
    talk, day = PROGRAM.steps
    changes = {
        "steps": (talk.model_copy(update={"prompts": ("Why?", "What?")}), day),
        "rituals": (RITUAL.model_copy(update={"lenses": ("finance",)}),),
        "blackouts": OTHERS["blackouts"],
    }
    two = RITUAL.model_copy(update={"lenses": ("customer", "operational")})
    old = PROGRAM.model_copy(update={"rituals": (two,)})

    assert sentences(old, PROGRAM.model_copy(update=changes)) == [
        "The questions of the step 'talk' are “Why?”, “What?” instead of “Why?”.",
        "The lenses of the ritual 'lenses' are “finance” instead of “customer”, “operational”.",
        "The setting 'blackouts' is 2026-04-01..2026-04-02 instead of none.",
    ]


def test_first_f12_what_another_end_and_another_zone_are_for_the_whole_cohort_is_said() -> None:
    changes = {"weeks": 2, "zone": "Asia/Tokyo"}
    found = differences(PROGRAM, PROGRAM.model_copy(update=changes))

    assert [(one.reach, one.sentence) for one in found] == [
        (Reach.PLAN, "The setting 'zone' is “Asia/Tokyo” instead of “Europe/Vienna”."),
        (Reach.PLAN, "The setting 'weeks' is “2” instead of “5”."),
        (
            Reach.SESSIONS,
            "Rituals are held, and quarters have their promise, until 2026-03-15 instead of 2026-04-05.",
        ),
        (
            Reach.SESSIONS,
            "Rituals are held, and quarters begin and end, by the clocks of Asia/Tokyo instead of Europe/Vienna.",
        ),
    ]
    goes_on, bare = {"continuous": True}, {"rituals": ()}
    endless = PROGRAM.model_copy(update=goes_on)
    (weeks,) = differences(endless, PROGRAM.model_copy(update=goes_on | {"weeks": 2}))
    assert weeks.reach is Reach.PLAN
    old = PROGRAM.model_copy(update=bare)
    assert [one.sentence for one in differences(old, old.model_copy(update={"weeks": 2}))][1:] == [
        "Quarters have their promise until 2026-03-15 instead of 2026-04-05."
    ]


def test_what_a_rotation_was_planned_with_keeps_it_from_taking_a_version_over() -> None:
    worded = PROGRAM.model_copy(update={"name": "Two days", "rituals": ()})
    shorter = worded.model_copy(update={"steps": PROGRAM.steps[:1]})

    assert obstacles(differences(PROGRAM, worded)) == ()
    (found,) = obstacles(differences(PROGRAM, shorter))
    assert found.sentence == "The step 'day' is left out."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 3}, "Write version = 4"),
        ({"version": 2}, "follows version 3 already"),
        ({"version": 4, "cohort": "autumn"}, "of cohort 'autumn'"),
        ({"version": 4, "starts_on": date(2026, 3, 9)}, "with 'starts-on' “2026-03-02”"),
        ({"version": 4, "continuous": True}, "with 'continuous' off"),
    ],
)
def test_first_f12_a_version_that_cannot_follow_is_refused_with_what_to_do(
    changes: dict[str, object], says: str
) -> None:
    refuse_to_follow(PROGRAM, PROGRAM.model_copy(update={"version": 4}))

    with pytest.raises(Refused, match=says):
        refuse_to_follow(PROGRAM, PROGRAM.model_copy(update=changes))
