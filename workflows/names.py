"""Ids and task queue, in one place; they name nobody."""

TASK_QUEUE = "sojourn"
DEPLOYMENT = "sojourn"
"""Name of the worker deployment, where workers are versioned."""


def cohort_workflow_id(cohort: str) -> str:
    """Return the workflow id of a cohort."""
    return f"cohort-{cohort}"


def policy_workflow_id(policy: str) -> str:
    """Return the workflow id of a policy change."""
    return f"policy-{policy}"


def rotation_workflow_id(cohort: str, rotation: str) -> str:
    """Return the workflow id of a rotation; ``WorkflowId STARTS_WITH "rotation-<cohort>-"`` lists a cohort's."""
    return f"rotation-{cohort}-{rotation}"
