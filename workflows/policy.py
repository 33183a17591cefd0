"""One policy change, from proposal to a measured effect; it outlives the rotation it came from."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.policy import PolicyActivities
    from domain.errors import DomainError
    from domain.events import (
        ConcernRaised,
        Decided,
        Extended,
        Measured,
        OwnerChanged,
        OwnerLeft,
        PolicyEvent,
        RolledBack,
    )
    from domain.policy import PolicyState
    from domain.policymoves import (
        PolicyDispatch,
        PolicyErrand,
        apply_policy,
        catch_up_policy,
        next_policy_due,
        policy_sentence,
        refuse_policy,
    )
    from workflows import attributes
    from workflows.freshly import go_on_freshly, newer_release_waits


@workflow.defn(name="PolicyChangeWorkflow", failure_exception_types=[DomainError])
class PolicyChangeWorkflow:
    """Asks for a decision, waits the six weeks, records a verdict and tells every voice of it."""

    @workflow.init
    def __init__(self, state: PolicyState) -> None:
        self._state = state
        self._errands: list[PolicyErrand] = []
        self._projected = -1

    @workflow.run
    async def run(self, _: PolicyState) -> PolicyState:
        """Go from one due moment or decision to the next until the change is over."""
        while not self._state.over:
            self._state, errands = catch_up_policy(self._state, workflow.now())
            self._errands.extend(errands)
            await self._carry_out()
            full = workflow.info().is_continue_as_new_suggested()
            if not self._state.over and (full or newer_release_waits()):
                go_on_freshly(self._state, attributes.of_policy(self._state))
            await self._news_or_next_due()
        await self._carry_out()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state

    async def _carry_out(self) -> None:
        """Write one decision's letters and the page's view of it in one transaction."""
        while self._errands or self._projected < self._state.version:
            errands, self._errands = tuple(self._errands), []
            state, now = self._state, workflow.now()
            sentence = policy_sentence(state)
            workflow.set_current_details(f"**{sentence}**")
            workflow.upsert_search_attributes([*attributes.of_policy(state)])
            await workflow.execute_local_activity_method(
                PolicyActivities.tell_voices,
                PolicyDispatch(state=state, errands=errands, now=now, sentence=sentence),
                start_to_close_timeout=timedelta(seconds=10),
                local_retry_threshold=timedelta(seconds=60),
                summary=", ".join(errands) or state.phase.value,
            )
            self._projected = state.version

    async def _news_or_next_due(self) -> None:
        version = self._state.version
        due = next_policy_due(self._state)
        if self._state.over or (due and due.at <= workflow.now()):
            return
        try:
            await workflow.wait_condition(
                lambda: self._state.version > version,
                timeout=due.at - workflow.now() if due else None,
                timeout_summary=due.label if due else None,
            )
        except TimeoutError:
            return

    def _take(self, event: PolicyEvent) -> str:
        self._state, errands = apply_policy(self._state, event, workflow.now())
        self._errands.extend(errands)
        return policy_sentence(self._state)

    def _refuse(self, event: PolicyEvent) -> None:
        refuse_policy(self._state, event, workflow.now())

    @workflow.update(name="concern_raised", description="Somebody who was met has a concern.")
    def concern_raised(self, event: ConcernRaised) -> str:
        return self._take(event)

    @workflow.update(name="decided", description="The policy owner adopts, adapts or declines.")
    def decided(self, event: Decided) -> str:
        return self._take(event)

    @workflow.update(name="measured", description="The effect was compared with the baseline.")
    def measured(self, event: Measured) -> str:
        return self._take(event)

    @workflow.update(name="extended", description="Another six weeks, then measured again.")
    def extended(self, event: Extended) -> str:
        return self._take(event)

    @workflow.update(name="rolled_back", description="The change is taken back.")
    def rolled_back(self, event: RolledBack) -> str:
        return self._take(event)

    @workflow.update(name="owner_changed", description="Somebody else decides and measures.")
    def owner_changed(self, event: OwnerChanged) -> str:
        return self._take(event)

    @workflow.update(name="owner_left", description="The owner's team is dissolved.")
    def owner_left(self, event: OwnerLeft) -> str:
        return self._take(event)

    @concern_raised.validator
    def _may_raise_a_concern(self, event: ConcernRaised) -> None:
        self._refuse(event)

    @decided.validator
    def _may_be_decided(self, event: Decided) -> None:
        self._refuse(event)

    @measured.validator
    def _may_be_measured(self, event: Measured) -> None:
        self._refuse(event)

    @extended.validator
    def _may_be_extended(self, event: Extended) -> None:
        self._refuse(event)

    @rolled_back.validator
    def _may_be_rolled_back(self, event: RolledBack) -> None:
        self._refuse(event)

    @owner_changed.validator
    def _may_change_owner(self, event: OwnerChanged) -> None:
        self._refuse(event)

    @owner_left.validator
    def _may_leave(self, event: OwnerLeft) -> None:
        self._refuse(event)
