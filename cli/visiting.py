"""Commands that let people in to the pages of a server, and out again."""

from datetime import timedelta
from typing import Annotated

import typer

from cli.options import Yes, confirm, office
from cli.showing import console, count
from domain.errors import Refused
from domain.moments import short_time
from domain.roles import Role
from store.visitors import LINK_LASTS, LONGEST_LINK

_HOUR = timedelta(hours=1)

Who = Annotated[str, typer.Argument(help="The person's name, as the pages greet them.")]


def login_link(
    who: Who,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.PROGRAM_MANAGER,
    hours: Annotated[
        int, typer.Option(min=1, max=LONGEST_LINK // _HOUR, help="How long the link works.")
    ] = LINK_LASTS // _HOUR,
) -> None:
    """Print a link that signs one person in, once; hand it over where nobody else reads it.

    Example: sojourn login-link "Ines Amaro" --role observer
    """
    found = office()
    if found.settings.local:
        raise Refused("In local mode nobody signs in: open the pages on this machine.")
    now, lasts = found.now(), timedelta(hours=hours)
    token = found.visitors.invite(who, role, lasts, now)
    console.print(f"{found.settings.base_url.rstrip('/')}/sign-in/{token}", soft_wrap=True)
    console.print(f"It signs in once, until {short_time(now + lasts, 'UTC')} UTC.", markup=False)


def sign_out(who: Who, yes: Yes = False) -> None:
    """End every session and unused login link of one person.

    Example: sojourn sign-out "Ines Amaro" --yes
    """
    found = office()
    confirm(yes, f"Sign {who} out on every browser?")
    ended = found.visitors.sign_out_everywhere(who, found.now())
    console.print(f"{count(ended, 'session or link', 'sessions and links')} of {who} ended.")
