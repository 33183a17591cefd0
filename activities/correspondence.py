"""What a rotation writes and sends: local activities, named so that a timeline reads as a story."""

from collections.abc import Callable

from temporalio import activity

from domain.errands import Dispatch
from domain.ports import Correspondence


class CorrespondenceActivities:
    """One transaction per decision: projection and outbox rows. Each may run twice and writes once."""

    def __init__(self, correspondence: Correspondence) -> None:
        self._correspondence = correspondence

    def every(self) -> list[Callable[..., object]]:
        """Return all activities, for a worker to register."""
        return [
            self.send_invites,
            self.send_reminders,
            self.call_off_invites,
            self.ask_people,
            self.record_progress,
        ]

    @activity.defn(name="send_invites")
    def send_invites(self, dispatch: Dispatch) -> None:
        """Invite to a step, or tell those whose step moved."""
        self._correspondence.carry_out(dispatch)

    @activity.defn(name="send_reminders")
    def send_reminders(self, dispatch: Dispatch) -> None:
        """Remind those who are silent, once."""
        self._correspondence.carry_out(dispatch)

    @activity.defn(name="call_off_invites")
    def call_off_invites(self, dispatch: Dispatch) -> None:
        """Cancel open invites in people's calendars."""
        self._correspondence.carry_out(dispatch)

    @activity.defn(name="ask_people")
    def ask_people(self, dispatch: Dispatch) -> None:
        """Ask for a consent, for words, or whether something took place."""
        self._correspondence.carry_out(dispatch)

    @activity.defn(name="record_progress")
    def record_progress(self, dispatch: Dispatch) -> None:
        """Bring the pages up to date; nothing is sent."""
        self._correspondence.carry_out(dispatch)
