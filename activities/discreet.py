"""What may be said of a failed activity: history and logs learn its kind and place, not its words."""

import traceback

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Discreet(Interceptor):
    """Keeps messages of errors, which may hold names and addresses, out of Temporal."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the library's name
        """Wrap every activity of a worker."""
        return _DiscreetActivity(super().intercept_activity(next))


class _DiscreetActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> object:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except Exception as failed:  # noqa: BLE001 - whatever it is, its words stay here
            kind = type(failed).__name__
            where = traceback.extract_tb(failed.__traceback__)[-1]
            raise ApplicationError(
                f"{kind} in {where.name}, line {where.lineno}", type=kind
            ) from None
