"""Ids and task queue, in one place; they name nobody."""

from domain.rotation import RotationState

TASK_QUEUE = "sojourn"
DEPLOYMENT = "sojourn"
"""Name of the worker deployment, where workers are versioned."""


def cohort_workflow_id(cohort: str) -> str:
    """Return the workflow id of a cohort."""
    return f"cohort-{cohort}"


def policy_workflow_id(policy: str) -> str:
    """Return the workflow id of a policy change."""
    return f"policy-{policy}"


def session_workflow_id(cohort: str, session: str) -> str:
    """Return the workflow id of one session of a ritual."""
    return f"session-{cohort}-{session}"


def occasion_workflow_id(cohort: str, occasion: str) -> str:
    """Return the workflow id of an occasion."""
    return f"occasion-{cohort}-{occasion}"


def schedule_id(cohort: str, ritual: str) -> str:
    """Return the id of a ritual's schedule; no key has a full stop, so that no two cohorts share one."""
    return f"ritual-{cohort}.{ritual}"


def is_schedule_of(cohort: str, name: str) -> bool:
    """Return whether a schedule is one of a cohort's, named as now or, with a hyphen, as before."""
    return name.startswith((f"ritual-{cohort}.", f"ritual-{cohort}-"))


def workflow_id_of(state: RotationState) -> str:
    """Return the workflow id of a rotation, of a ritual session or of an occasion."""
    if state.occasion:
        return occasion_workflow_id(state.cohort, state.rotation)
    name = session_workflow_id if state.ritual else rotation_workflow_id
    return name(state.cohort, state.rotation)


def rotation_workflow_id(cohort: str, rotation: str) -> str:
    """Return the workflow id of a rotation; ``WorkflowId STARTS_WITH "rotation-<cohort>-"`` lists a cohort's."""
    return f"rotation-{cohort}-{rotation}"
