"""What can go wrong in a way that a person can mend; every message is a sentence they understand."""


class DomainError(Exception):
    """Base of all errors that are shown to people as they are."""


class Refused(DomainError):
    """The move is not allowed now; the message says why and what to do instead."""


class NonexistentTime(DomainError):
    """The wall-clock time is skipped on that day by a change to summer time."""


class UnknownZone(DomainError):
    """The time zone is not one that the IANA database names."""


class NotFound(DomainError):
    """What was asked for does not exist; the message names it."""
