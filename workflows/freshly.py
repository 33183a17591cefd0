"""Going on in a fresh run: where a process moves to a newer release and leaves its history behind."""

from typing import NoReturn

from temporalio import workflow
from temporalio.common import TypedSearchAttributes
from temporalio.workflow import ContinueAsNewVersioningBehavior


def newer_release_waits() -> bool:
    """Return whether another release is the current one by now; False without worker versioning."""
    return workflow.info().is_target_worker_deployment_version_changed()


def go_on_freshly(start: object, shown: TypedSearchAttributes | None = None) -> NoReturn:
    """End this run and go on from ``start``, on the current release where workers are versioned."""
    moved = ContinueAsNewVersioningBehavior.AUTO_UPGRADE if newer_release_waits() else None
    workflow.continue_as_new(start, search_attributes=shown, initial_versioning_behavior=moved)
