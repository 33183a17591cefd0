"""What simulated people write and decide on their pages, through the same desk as the real pages."""

from datetime import datetime, timedelta

from domain.insights import INSIGHTS, Insight, Summary
from domain.links import LinkClaim, Purpose
from domain.policy import Disposition, Verdict
from domain.proposal import Proposal, Ruling
from domain.rotation import RotationState
from domain.touching import Touches
from rehearsal.draws import Draws
from rehearsal.fates import Fates
from rehearsal.habits import Notes
from rehearsal.people import Deed, Reader
from rehearsal.seen import SEEN
from store.people import step_of
from wiring import Office

_REFLECTION = "I had not expected how much is decided on the phone.\x1e\x1eI will ask before I write the next rule."
_THANKS = "Thank you for letting me sit beside you. I had some things wrong, and you were patient."
_VISIT = (
    "The day is made of small repairs that no figure of ours shows. I had looked at averages only."
)
_REASONS = {
    Disposition.ADOPTED: "It costs little, and you showed where it hurts every day.",
    Disposition.PARTLY: "We start with one team; the rest waits until we know what it costs.",
    Disposition.DECLINED: "A law asks for this step. We say so in the form now, which was your second point.",
}
_CONCERNS = (
    "On Mondays two of us are away, and then nobody is there to do it.",
    "The other shift was not asked, and it works differently.",
    "It helps here and moves the queue to the next desk.",
)
_IN_OTHER_WORDS = "Somebody wishes that rules come with their reason."
_NAMED = 0.3
"""Share of concerns whose writer wants to be named."""
_MEASURES = {
    Verdict.MET: (1.0, "It worked where everybody knew of it."),
    Verdict.NOT_MET: (0.25, "The queue moved elsewhere; we had looked at one desk only."),
    Verdict.NEW_QUESTION: (0.6, "Half of it came from holidays; we do not know which half yet."),
}
_IDEAS = (
    ("Answer by phone first", "call back within an hour instead of asking by form", "minutes to a first answer", "Handling of tickets"),
    ("One form instead of three", "merge the three forms for a replacement device", "forms per case", "Replacement of devices"),
    ("Let the desk decide small refunds", "decide refunds below 50 at the desk", "days to a refund", "Refunds"),
    ("Shifts known four weeks ahead", "publish the plan four weeks before it starts", "swaps per week", "Planning of shifts"),
)  # fmt: skip


class Sayer:
    """Says on a page what an act calls for; raises Refused where the page would."""

    def __init__(
        self, office: Office, reader: Reader, draws: Draws, notes: Notes, fates: Fates
    ) -> None:
        self._office = office
        self._fates = fates
        self._notes = notes
        self.reader = reader
        self._draws = draws

    def write(self, deed: Deed, state: RotationState, step: str, now: datetime) -> None:
        """Write a reflection, a summary, thanks or a proposal, as the participant."""
        if deed is Deed.PROPOSE:
            self.propose(state.rotation, step, state.participant, now)
            return
        if deed is Deed.SUMMARISE:
            self._sum_up(state, step, now)
            return
        words = _REFLECTION if deed is Deed.REFLECT else _THANKS
        self._office.sayings.write(state.rotation, step, state.participant, words, now)

    def _sum_up(self, state: RotationState, step: str, now: datetime) -> None:
        """Write a summary with three things seen, none twice, and the notes that they stand on."""
        first = int(self._draws.share("seen", state.rotation, step) * len(SEEN))
        seen = [SEEN[(first + n) % len(SEEN)] for n in range(INSIGHTS)]
        notes = self._notes.get((state.rotation, step_of(state, step).stop), [])
        insights = tuple(
            Insight(text=text, tag=tag, evidence=tuple(notes[number::INSIGHTS]))
            for number, (text, tag) in enumerate(seen)
        )
        summary = Summary(words=_VISIT, insights=insights)
        self._office.summaries.write(state.rotation, step, state.participant, summary, now)

    def propose(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Hand in a proposal with a co-author of the workshop."""
        claim = LinkClaim(
            purpose=Purpose.PROPOSE, person=person, rotation=rotation, about=step, step=step
        )
        form = self._office.change_views.form(claim)
        about = (rotation, step)
        title, change, metric, policy = _IDEAS[int(self._draws.share("idea", *about) * len(_IDEAS))]
        baseline = 8.0 + int(self._draws.share("baseline", *about) * 40)
        proposal = Proposal(
            title=title,
            seen="Every second caller had asked before and nobody had answered.",
            change=f"We {change}.",
            metric=metric,
            baseline=baseline,
            target=round(baseline / 2),
            owner=form.owners[0].ref,
            co_authors=tuple(named.ref for named in form.co_authors[:2]),
            decide_by=now + timedelta(days=14),
            insights=tuple(insight for insight, _ in form.insights[:2]),
            touches=Touches(policy=policy),
        )
        self._office.changes.propose(rotation, step, person, proposal, now)

    def raise_concern(self, policy: str, person: str, now: datetime) -> None:
        """Say what speaks against a proposal, with or without a name."""
        about = (policy, person)
        text = _CONCERNS[int(self._draws.share("concern", *about) * len(_CONCERNS))]
        named = self._draws.happens(_NAMED, "named", *about)
        self._office.changes.raise_concern(policy, person, text, named=named, now=now)

    def decide(self, policy: str, owner: str, now: datetime) -> None:
        """Decide the whole and each concern; what is adopted is in force from the next week on."""
        change = self._office.change_views.one(policy)
        whole = _ruling(self._fates.of(change.rotation).decision)
        in_force = None if whole.disposition is Disposition.DECLINED else now + timedelta(days=7)
        concerns = {c.id: self._ruled(policy, owner, c.id) for c in change.concerns}
        self._office.changes.decide(policy, whole, in_force, concerns, now)

    def _ruled(self, *about: str) -> Ruling:
        return _ruling(Disposition(self.reader.choice(Deed.DECIDE, *about)))

    def pass_on(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Say in other words what was confided to somebody."""
        waiting = self._office.hearing.to_pass_on(rotation, step, person)
        wordings = {point.id: _IN_OTHER_WORDS for point in waiting if not point.passed_on}
        self._office.hearing.pass_on(rotation, step, person, wordings, now)

    def close_test(self, test: str, owner: str, now: datetime) -> None:
        """Say what a quick test showed."""
        said = Verdict(self.reader.choice(Deed.CLOSE_TEST, test, owner))
        known = self._office.quick_tests.result_page(test, owner).test.test
        share, learnt = _MEASURES[said]
        value = known.baseline + share * (known.target - known.baseline)
        self._office.quick_tests.close(test, owner, round(value, 1), said, learnt, now)

    def measure(self, policy: str, now: datetime) -> None:
        """Compare the effect with the baseline, unless nobody looks."""
        change = self._office.change_views.one(policy)
        said, proposal = self._fates.of(change.rotation).verdict, change.proposal
        if said is Verdict.NOT_MEASURED:
            return
        share, learnt = _MEASURES[said]
        value = proposal.baseline + share * (proposal.target - proposal.baseline)
        self._office.changes.measure(policy, round(value, 1), said, learnt, now)


def _ruling(said: Disposition) -> Ruling:
    return Ruling(disposition=said, reason=_REASONS[said])
