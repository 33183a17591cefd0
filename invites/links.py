"""Signed links: purpose, person, step, key id and expiry; shown on GET, acted on by POST."""

from collections.abc import Callable
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import ValidationError

from domain.errors import Refused
from domain.links import LinkClaim, LinkExpired, LinkOver, Purpose

_ALTERED = "This link is not complete or was altered. Open it from the mail again."
_EXPIRED = "This link has expired. Open it once more from the mail: its page sends you a fresh one."
_LEFT = "This visit to your pages is over. Ask for a new code, and enter it at the kiosk."


class SignedLinks:
    """Implements ``domain.ports.Links``; the newest key signs, older ones still verify.

    ``left`` says whether the visit to a shared device that a claim belongs to was ended before its time.
    """

    def __init__(
        self,
        base_url: str,
        keys: tuple[tuple[str, str], ...],
        clock: Callable[[], datetime],
        left: Callable[[LinkClaim], bool] = lambda _: False,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._keys = dict(keys)
        self._newest = keys[0][0]
        self._clock = clock
        self._left = left

    def url(self, claim: LinkClaim, expires: datetime) -> str:
        """Return the link; ``expires`` is rounded down to whole seconds, and no later than the claim's end."""
        if claim.until:
            expires = min(expires, claim.until)
        body = {"c": claim.model_dump(mode="json"), "e": int(expires.timestamp())}
        signed = self._serializer(self._newest, claim.purpose).dumps(body)
        return f"{self._base}/t/{claim.purpose.value}.{self._newest}.{signed}"

    def read(self, token: str, purpose: Purpose | None = None) -> LinkClaim:
        """Return what the link allows; raises Refused when altered, LinkExpired after its time and LinkOver after a visit to a kiosk."""
        named, _, rest = token.partition(".")
        key, _, signed = rest.partition(".")
        if key not in self._keys or named not in set(Purpose) or purpose not in (None, named):
            raise Refused(_ALTERED)
        try:
            body = self._serializer(key, Purpose(named)).loads(signed)
            claim = LinkClaim.model_validate(body["c"])
            expires = datetime.fromtimestamp(body["e"], UTC)
        except (BadSignature, ValidationError, KeyError, TypeError) as wrong:
            raise Refused(_ALTERED) from wrong
        if claim.until and (expires < self._clock() or self._left(claim)):
            raise LinkOver(_LEFT)
        if expires < self._clock():
            raise LinkExpired(_EXPIRED, claim)
        return claim

    def _serializer(self, key: str, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(self._keys[key], salt=f"sojourn-{purpose.value}")
