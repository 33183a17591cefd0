"""Every workflow that a worker of this version runs."""

from workflows.cohort import CohortWorkflow
from workflows.policy import PolicyChangeWorkflow
from workflows.ritual import RitualWorkflow
from workflows.rotation import RotationWorkflow

WORKFLOWS = (CohortWorkflow, RotationWorkflow, PolicyChangeWorkflow, RitualWorkflow)
