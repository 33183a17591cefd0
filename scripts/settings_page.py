"""Prints docs/settings.md from the settings themselves: ``make docs``."""

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from settings import PREFIX, Settings

HEAD = """# Settings

Every process reads its settings from the environment at its start and names all that is wrong in one message. Instead of a value, `SOJOURN_<NAME>_FILE`
may name a file that holds it, as container secrets do. `sojourn up` needs none of them; commands in its folder find what it chose in `.sojourn/local.env`.

| setting | default | what it is |
|---|---|---|
"""


def row(name: str, field: FieldInfo) -> str:
    """Return one setting as a row of the table; secrets show no default."""
    default = "" if isinstance(field.default, SecretStr) else str(field.default)
    shown = f"`{default.lower() if isinstance(field.default, bool) else default}`"
    said = " ".join((field.description or "").split()).replace("``", "`")
    return f"| `{PREFIX}{name.upper()}` | {shown if default else 'empty'} | {said} |"


print(HEAD + "\n".join(row(name, field) for name, field in Settings.model_fields.items()))
