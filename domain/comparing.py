"""What differs between two plans of one cohort, rotation by rotation."""

from collections.abc import Iterator

from domain.planning import Plan, PlannedStep
from domain.program import UNMET
from domain.value import Key, RotationId, TeamRef, Value


class StepChange(Value):
    """One meeting in both plans, None where it is in one of them alone."""

    step: Key
    before: PlannedStep | None
    after: PlannedStep | None

    @property
    def keeps_its_time(self) -> bool:
        return (
            self.before is not None
            and self.after is not None
            and self.before.interval == self.after.interval
        )


class RotationChange(Value):
    """A rotation that has other teams, other times or other people in the second plan."""

    rotation: RotationId
    before: tuple[TeamRef, ...]
    """Its teams, stop by stop; none where it has no place."""
    after: tuple[TeamRef, ...]
    steps: tuple[StepChange, ...]
    """Every meeting of either plan, in the order of the first plan that has any."""


def changes(before: Plan, after: Plan) -> tuple[RotationChange, ...]:
    """Return every rotation that the second plan treats differently, by its id."""
    return tuple(_changes(before, after))


def _changes(before: Plan, after: Plan) -> Iterator[RotationChange]:
    old_hosts, new_hosts = before.hosts(), after.hosts()
    old_steps, new_steps = before.steps_by_rotation(), after.steps_by_rotation()
    for rotation in sorted({*old_hosts, *new_hosts}):
        old, new = _meetings(old_steps.get(rotation, ())), _meetings(new_steps.get(rotation, ()))
        teams = old_hosts.get(rotation, ()), new_hosts.get(rotation, ())
        if old != new or teams[0] != teams[1]:
            steps = (
                StepChange(step=key, before=old.get(key), after=new.get(key))
                for key in {**old, **new}
            )
            yield RotationChange(
                rotation=rotation, before=teams[0], after=teams[1], steps=tuple(steps)
            )


def _meetings(steps: tuple[PlannedStep, ...]) -> dict[str, PlannedStep]:
    return {step.key: step for step in steps if step.kind not in UNMET}
