"""What a form says that something touches."""

from starlette.datastructures import FormData

from domain.errors import Refused
from domain.touching import LONGEST_NAME, Touches, TouchKind
from web.rendering import plain


def touches_in(form: FormData, ending: str = "") -> Touches:
    """Return what was typed in the fields with this ending; raises Refused for a name that is too long."""
    typed = {kind.value: plain(form.get(f"{kind.value}{ending}")) for kind in TouchKind}
    if any(len(name) > LONGEST_NAME for name in typed.values()):
        raise Refused(f"Keep the name of what it touches to {LONGEST_NAME} characters.")
    return Touches.model_validate(typed)
