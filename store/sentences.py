"""Pseudonyms turned back into names, for pages and commands that a program manager reads."""

import re
from collections.abc import Mapping

from domain.moments import wall_time
from domain.people import HostTeam, Person
from domain.policy import PolicyState
from domain.rotation import Attention, Concern, RotationState
from store.pages import AttentionRow

_PSEUDONYM = re.compile(r"\b(?:P-\d{4,}|H-\d{2,})\b")

IN_PERSON = "{name} has no mail address and does not know of the {title} of {leader} on {when} yet."

NOT_TAKEN = "A mail about the invite of {name} to the {title} of {leader} was not taken: {reason}."

PROPOSED = "{name} proposes {when} for the {title} of {leader}."

UNTOLD = "Nobody has told {names} yet {what}: {title}."

WROTE_BACK = "{name} wrote about the {what} of {leader}: {said}"

_SENTENCES = {
    Concern.GATE_REFUSED: "{who} said no ({what}) to the visit of {leader}.",
    Concern.GATE_SILENT: "{who} has not said yes or no ({what}) to the visit of {leader}.",
    Concern.NO_ANSWER: "Not everybody has answered the invite to the {title} of {leader} on {when}.",
    Concern.NOT_REPAIRED: "No new time was found for the {title} of {leader}.",
    Concern.DELIVERY_FAILED: "Mail to {who} about the {title} of {leader} was refused.",
    Concern.UNCONFIRMED: "Nobody has said whether the {title} of {leader} on {when} took place.",
    Concern.NO_SHOW: "{who} did not come to the {title} of {leader}.",
    Concern.REFLECTION_MISSING: "{leader} has not written the reflection.",
    Concern.SUMMARY_MISSING: "{leader} has not summed up the visit yet.",
    Concern.TOO_FEW: "Too few people come to {title}.",
    Concern.NO_PARTNER: "Nobody is left with whom {leader} could have the {title}.",
    Concern.PROPOSAL_MISSING: "{leader} has not handed in the proposal yet.",
    Concern.DECISION_MISSING: "{who} has not decided a proposal of {leader}.",
    Concern.NOT_MEASURED: "{who} has not measured a change of {leader}.",
    Concern.TEAM_DISSOLVED: "The host team of {leader} is dissolved, and no other can take over.",
    Concern.OWNER_LEFT: "The team of {who}, who decides a change of {leader}, is dissolved.",
    Concern.THANKS_MISSING: "{leader} has not thanked the host team yet.",
    Concern.PAST_ITS_END: "The rotation of {leader} should be over by now, and steps of it are open.",
}

_WHAT_TO_DO = {
    Concern.GATE_REFUSED: "Talk with the participant; a no needs no reason. Withdraw or choose another time.",
    Concern.GATE_SILENT: "Silence is a no. Ask in person, or withdraw the rotation.",
    Concern.NO_ANSWER: "Call those who are silent and record their answer, or move the step.",
    Concern.NOT_REPAIRED: "Choose another time for the step, or let it go.",
    Concern.DELIVERY_FAILED: "Correct the address in people.csv and import the folder again.",
    Concern.UNCONFIRMED: "Ask the host and confirm it here.",
    Concern.NO_SHOW: "Talk with them; a new time is being looked for.",
    Concern.REFLECTION_MISSING: "Ask in person once; it may also be let go.",
    Concern.SUMMARY_MISSING: "Ask in person: three lines are enough, and the host team waits for them.",
    Concern.TOO_FEW: "Move the session to another time, or cancel it; the next one comes by itself.",
    Concern.NO_PARTNER: "Find somebody they trust who is neither their manager nor a report, and let the step go here.",
    Concern.PROPOSAL_MISSING: "Ask in person; without a proposal nothing changes and nobody hears back.",
    Concern.DECISION_MISSING: "Ask in person, or name an owner on the page of the change: another one, or the "
    "same one for a new link.",
    Concern.NOT_MEASURED: "Ask in person; extend the change, or let it stay as it is.",
    Concern.TEAM_DISSOLVED: "Withdraw the rotation, or plan it again in a new cohort. When another host team "
    "is imported, dissolve this one once more: then it is looked for again.",
    Concern.OWNER_LEFT: "Name another owner on the page of the change.",
    Concern.THANKS_MISSING: "Ask in person once; it may also be let go.",
    Concern.PAST_ITS_END: "Confirm what took place, let go what will not, or cancel the rotation.",
}


def named(sentence: str, people: Mapping[str, Person], teams: Mapping[str, HostTeam]) -> str:
    """Return the sentence with every known pseudonym replaced by its name."""

    def name(found: re.Match[str]) -> str:
        ref = found.group()
        if ref in people:
            return people[ref].name
        return teams[ref].name if ref in teams else ref

    return _PSEUDONYM.sub(name, sentence)


def attention_row(
    state: RotationState,
    attention: Attention,
    people: Mapping[str, Person],
    leader: str,
    title: str,
) -> AttentionRow:
    """Return one attention as a sentence with names, and what a manager can do about it."""
    step = state.step(attention.step or "")
    facts = {
        "who": people[attention.person].name if attention.person else "Somebody",
        "what": attention.step or "",
        "leader": leader,
        "title": (title or "visit").lower(),
        "when": wall_time(step.starts, step.zone) if step else "",
    }
    return AttentionRow(
        sentence=_SENTENCES[attention.concern].format(**facts),
        since=attention.since,
        concern=attention.concern,
        rotation=state.rotation,
        step=step.key if step else None,
        person=attention.person,
        what_to_do=_what_to_do(state, attention.concern),
    )


def _what_to_do(state: RotationState, concern: Concern) -> str:
    """No plan knows of sessions, so nobody looks for a new time of theirs."""
    if state.ritual and concern is Concern.NO_SHOW:
        return "Confirm here if it took place all the same; if not, let it go or move it."
    return _WHAT_TO_DO[concern]


def change_row(
    state: PolicyState, attention: Attention, people: Mapping[str, Person]
) -> AttentionRow:
    """Return one attention of a policy change as a sentence with names."""
    facts = {"who": people[state.owner].name, "leader": people[state.participant].name}
    return AttentionRow(
        sentence=_SENTENCES[attention.concern].format(**facts),
        since=attention.since,
        concern=attention.concern,
        person=state.owner,
        policy=state.policy,
        what_to_do=_WHAT_TO_DO[attention.concern],
    )
