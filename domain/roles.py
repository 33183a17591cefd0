"""Who may do what on the pages of an installation that people sign in to."""

from enum import StrEnum


class Role(StrEnum):
    """A role that a login link gives; everybody else acts by signed links in their mail."""

    PROGRAM_MANAGER = "program-manager"
    """Sees and does everything the pages offer."""
    OBSERVER = "observer"
    """Sees every page and changes nothing."""

    @property
    def may_act(self) -> bool:
        return self is Role.PROGRAM_MANAGER
