"""Search attributes: what an admin may filter by in the Temporal UI; pseudonyms only."""

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain import telling
from domain.policy import VERDICT_DUE, PolicyState
from domain.policymoves import next_policy_due
from domain.rotation import RotationState

STAGE = SearchAttributeKey.for_keyword("RotationStage")
COHORT = SearchAttributeKey.for_keyword("CohortId")
PARTICIPANT = SearchAttributeKey.for_keyword("ParticipantRef")
HOST_TEAM = SearchAttributeKey.for_keyword("HostTeam")
STEP_KIND = SearchAttributeKey.for_keyword("StepKind")
WAITING_ON = SearchAttributeKey.for_keyword_list("WaitingOn")
OPEN_ANSWERS = SearchAttributeKey.for_int("OpenRsvps")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
NEXT_ACTION_AT = SearchAttributeKey.for_datetime("NextActionAt")
IMPACT_DUE_AT = SearchAttributeKey.for_datetime("ImpactDueAt")

ALL = (
    STAGE,
    COHORT,
    PARTICIPANT,
    HOST_TEAM,
    STEP_KIND,
    WAITING_ON,
    OPEN_ANSWERS,
    NEEDS_ATTENTION,
    NEXT_ACTION_AT,
    IMPACT_DUE_AT,
)
"""5 keywords, 1 list, 1 int, 1 bool and 2 datetimes: within what SQL visibility stores allow."""


def of_policy(state: PolicyState) -> TypedSearchAttributes:
    """Return all attributes of a policy change as it stands."""
    due = next_policy_due(state)
    impact = state.in_force_at + VERDICT_DUE if state.in_force_at and not state.over else None
    pairs = (
        SearchAttributePair(STAGE, state.phase.value),
        SearchAttributePair(COHORT, state.cohort),
        SearchAttributePair(PARTICIPANT, state.participant),
        SearchAttributePair(HOST_TEAM, state.host),
        SearchAttributePair(WAITING_ON, [] if state.over else [state.owner]),
        SearchAttributePair(NEEDS_ATTENTION, bool(state.attention)),
        *((SearchAttributePair(NEXT_ACTION_AT, due.at),) if due else ()),
        *((SearchAttributePair(IMPACT_DUE_AT, impact),) if impact else ()),
    )
    return TypedSearchAttributes(pairs)


def of_rotation(state: RotationState) -> TypedSearchAttributes:
    """Return all attributes of a rotation as it stands."""
    for_good = (
        SearchAttributePair(COHORT, state.cohort),
        SearchAttributePair(PARTICIPANT, state.participant),
    )
    return TypedSearchAttributes((*for_good, *that_change(state)))


def that_change(state: RotationState) -> TypedSearchAttributes:
    """Return the attributes that a rotation's way changes."""
    step = telling.current_step(state)
    due = telling.next_date(state)
    host = state.host_at(step.stop) if step else (state.hosts or (None,))[-1]
    next_at = (SearchAttributePair(NEXT_ACTION_AT, due),) if due else ()
    pairs = (
        SearchAttributePair(STAGE, telling.stage(state)),
        *((SearchAttributePair(HOST_TEAM, host),) if host else ()),
        SearchAttributePair(STEP_KIND, step.kind.value if step else "none"),
        SearchAttributePair(WAITING_ON, list(telling.waiting_on(state))),
        SearchAttributePair(OPEN_ANSWERS, telling.open_answers(state)),
        SearchAttributePair(NEEDS_ATTENTION, bool(state.attention)),
        *next_at,
    )
    return TypedSearchAttributes(pairs)
