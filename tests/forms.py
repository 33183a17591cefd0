"""Forms as a browser sends them: with what a page carries along unseen."""

import re

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def hidden_in(page: str) -> dict[str, str]:
    """Return what the forms of a page carry along, by field."""
    return dict(_HIDDEN.findall(page))
