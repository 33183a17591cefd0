"""All settings of a process, read once from the environment; every problem in one message."""

import os
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from domain.errors import DomainError

PREFIX = "SOJOURN_"
LOCAL_SETTINGS = "local.env"
"""File under the data folder in which ``sojourn up`` says where its processes are."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_KEY = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_+/=-]{32,}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")
_HOW_TO_MAKE_ONE = 'make one with python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
_HOW_TO_MAKE_A_KEY = (
    "make one with python3 -c \"import secrets; print('k1:' + secrets.token_urlsafe(32))\""
)


class BadSettings(DomainError):
    """One or more settings are missing or wrong; the message names each."""


class Settings(BaseModel):
    """What a process needs to know; each field is the variable ``SOJOURN_<FIELD>``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    local: bool = False
    """True for one machine, as ``sojourn up`` runs it: loopback only, mail stays in the local sink."""
    data: Path = Path(".sojourn")
    """Folder for the SQLite file and local keys."""
    database: str = ""
    """``sqlite:///path`` or ``postgresql+psycopg://user@host/db``; empty means a file under the data folder."""
    keys: SecretStr = SecretStr("")
    """Signing keys, ``id:secret,id:secret``, newest first. Needed outside local mode, where they are
    made once and kept under the data folder. Old keys still verify links; the oldest also wraps
    what people write privately, so it stays in the list for good."""
    temporal: str = "127.0.0.1:7233"
    """Address of Temporal's frontend."""
    namespace: str = "default"
    """Temporal namespace; ``sojourn namespace`` prepares it."""
    temporal_ui: str = "http://127.0.0.1:8233"
    """Address of the Temporal UI, which pages link to."""
    build: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """Name of this release, where workers are versioned; empty means they are not."""
    web_host: str = "127.0.0.1"
    """Address that pages are served on; ``0.0.0.0`` behind a TLS proxy, with sign-in."""
    web_port: int = Field(default=8800, ge=1, le=65535)
    """Port that pages are served on."""
    web_url: str = Field(default="", pattern=r"^(https?://[^/\s]+/?)?$")
    """Address that signed links in mails start with; empty means host and port above."""
    organiser: str = Field(default="rotations@sojourn.example", pattern=r"^[^@\s]+@[^@\s]+$")
    """Address that invites come from and answers go to; needed outside local mode."""
    organiser_name: str = "Sojourn rotations"
    """Name beside that address."""
    smtp_host: str = "127.0.0.1"
    """Mail server that takes outgoing mail."""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    """Its port."""
    smtp_starttls: bool = False
    """Whether the connection is encrypted by STARTTLS."""
    smtp_user: str = ""
    """User to log in as; empty means nobody logs in."""
    smtp_password: SecretStr = SecretStr("")
    """Password of that user."""
    sink_port: int = Field(default=0, ge=0, le=65535)
    """Port of the local mail sink that ``sojourn up`` shows as inbox; 0 means none."""
    lmtp_port: int = Field(default=0, ge=0, le=65535)
    """Port on which the mail process takes answers from your mail server by LMTP; 0 means none."""
    lmtp_host: str = "127.0.0.1"
    """Address of that port; anything but loopback needs a network that strangers can't reach."""
    imap_host: str = ""
    """Mailbox that answers arrive in; empty means none is polled."""
    imap_port: int = Field(default=993, ge=1, le=65535)
    """Its port."""
    imap_tls: bool = True
    """Whether the connection is encrypted from its start."""
    imap_user: str = ""
    """User to log in as."""
    imap_password: SecretStr = SecretStr("")
    """Password of that user."""
    imap_seconds: int = Field(default=30, ge=1, le=3600)
    """Seconds between two looks into the mailbox."""
    authority: str = Field(default="", pattern=r"^[A-Za-z0-9.:-]*$")
    """Name that your mail server puts first in ``Authentication-Results`` (its authserv-id, such as
    ``mx.example.org``): answers that it finds forged are held back. Empty believes no such header."""

    calendar_minutes: int = Field(default=30, ge=5, le=1440)
    """Minutes between two looks at a calendar that a person gave by its address."""
    calendar_networks: str = ""
    """Private networks that calendars may be fetched from, there also over plain http, such as
    ``10.1.2.0/24,127.0.0.1/32``; empty means public addresses over https alone."""

    events_token: SecretStr = SecretStr("")
    """Token with which a program of yours tells of decisions, crises and conversations at ``/api/events``;
    empty means that nobody can (``sojourn event`` still does)."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = [
            *_open_doors(self),
            *_weak_keys(self),
            *_weak_token(self),
            *_unknown_networks(self),
        ]
        if wrong:
            raise ValueError("\n".join(f"{_variable(name)}: {why}" for name, why in wrong))
        return self

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data / 'sojourn.db').absolute()}"

    @property
    def private_networks(self) -> tuple[str, ...]:
        """The networks of ``calendar_networks``, one by one."""
        return tuple(part.strip() for part in self.calendar_networks.split(",") if part.strip())

    @property
    def base_url(self) -> str:
        return self.web_url or f"http://{self.web_host}:{self.web_port}"


def _open_doors(chosen: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting that would let strangers in or keep people out, and why."""
    if chosen.local:
        if chosen.web_host not in LOOPBACK:
            yield "web_host", "local mode signs nobody in and is served on loopback only"
        return
    if not chosen.keys.get_secret_value():
        yield "keys", f"is needed outside local mode; {_HOW_TO_MAKE_A_KEY}"
    if chosen.organiser == Settings.model_fields["organiser"].default:
        yield "organiser", "is needed outside local mode: the address that answers go to"
    address = urlsplit(chosen.web_url)
    if chosen.web_host not in LOOPBACK and not chosen.web_url:
        yield "web_url", "people's links start with it, such as https://rotations.example.org"
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        yield "web_url", "must be https outside this machine; put a TLS proxy before the pages"


def _weak_keys(chosen: Settings) -> Iterator[tuple[str, str]]:
    pairs = [pair.strip() for pair in chosen.keys.get_secret_value().split(",")]
    if any(pair and not _KEY.fullmatch(pair) for pair in pairs):
        yield "keys", f"each is id:secret, the secret 32 characters or longer; {_HOW_TO_MAKE_A_KEY}"


def _weak_token(chosen: Settings) -> Iterator[tuple[str, str]]:
    token = chosen.events_token.get_secret_value()
    if token and not _TOKEN.fullmatch(token):
        yield "events_token", f"needs 32 letters, digits, - or _; {_HOW_TO_MAKE_ONE}"


def _unknown_networks(chosen: Settings) -> Iterator[tuple[str, str]]:
    for network in chosen.private_networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            yield "calendar_networks", "name networks such as 10.1.2.0/24, separated by commas"
            return


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings, ``SOJOURN_<FIELD>_FILE`` being a file that holds the value of a field.

    Raises BadSettings that lists everything wrong, unknown names included; it repeats no value.
    """
    values, unread = _values(os.environ if environment is None else environment)
    try:
        found = Settings.model_validate(values)
    except ValidationError as wrong:
        lines = unread | dict(_lines(wrong))
    else:
        if not unread:
            return found
        lines = unread
    raise BadSettings(
        "Settings are not right:\n"
        + "\n".join(f"  {line}" for line in (lines | _hidden_by(lines, values)).values())
    )


def _values(environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the value of each field, and a line for each file that can't be read."""
    values: dict[str, str] = {}
    unread: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        field = name.removesuffix("_file")
        if field == name or field not in Settings.model_fields:
            values[name] = value
        elif _variable(field) in environment:
            unread[name] = f"{variable}: {_variable(field)} is set as well; keep one of them"
        else:
            try:
                values[field] = Path(value).read_text().strip()
            except (OSError, UnicodeDecodeError) as failed:
                unread[field] = f"{variable}: can't be read ({type(failed).__name__})"
    return values, unread


def _lines(wrong: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield a line for each field that is wrong, and one for each that does not fit the others."""
    for error in wrong.errors():
        message = error["msg"].removeprefix("Value error, ")
        if error["loc"]:
            name = str(error["loc"][0])
            yield name, f"{_variable(name)}: {message}"
            continue
        for line in message.splitlines():
            yield line.partition(":")[0].removeprefix(PREFIX).lower(), line


def _hidden_by(known: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return what does not fit together but was not looked at, because single fields are wrong."""
    rest = {name: value for name, value in values.items() if name not in known}
    try:
        Settings.model_validate(rest)
    except ValidationError as wrong:
        return {name: line for name, line in _lines(wrong) if name not in known}
    return {}


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def local_settings(data: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the installation that ``sojourn up`` left in ``data``.

    The environment wins when it names any setting at all.
    """
    found = os.environ if environment is None else environment
    file = data / LOCAL_SETTINGS
    if any(name.startswith(PREFIX) for name in found):
        return read_settings(found)
    if not file.exists():
        raise BadSettings(
            f"There is no installation in this folder ({data} is missing). Go to the folder where "
            "'sojourn up' was started, or set SOJOURN_KEYS and the others for a server."
        )
    lines = (line.partition("=") for line in file.read_text().splitlines() if line)
    return read_settings({name: value for name, _, value in lines})
