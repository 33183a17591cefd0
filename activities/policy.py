"""What a policy change writes and sends: one transaction per decision, safe to repeat."""

from collections.abc import Callable

from temporalio import activity

from domain.policymoves import PolicyDispatch
from domain.ports import PolicyCorrespondence


class PolicyActivities:
    """Letters to the policy owner and to everybody who spoke."""

    def __init__(self, correspondence: PolicyCorrespondence) -> None:
        self._correspondence = correspondence

    def every(self) -> list[Callable[..., object]]:
        """Return all activities, for a worker to register."""
        return [self.tell_voices]

    @activity.defn(name="tell_voices")
    def tell_voices(self, dispatch: PolicyDispatch) -> None:
        """Bring the pages up to date and write what the decision asks for."""
        self._correspondence.carry_out(dispatch)
