"""All settings of a process, read once from the environment; every problem in one message."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from domain.errors import DomainError

PREFIX = "SOJOURN_"
LOCAL_SETTINGS = "local.env"
"""File under the data folder in which ``sojourn up`` says where its processes are."""

_KEY = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_+/=-]{32,}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class BadSettings(DomainError):
    """One or more settings are missing or wrong; the message names each."""


class Settings(BaseModel):
    """What a process needs to know; each field is the variable ``SOJOURN_<FIELD>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    local: bool = False
    """True for one machine: loopback only, mail stays in the local sink."""
    data: Path = Path(".sojourn")
    """Folder for the SQLite file and local keys."""
    database: str = ""
    """``sqlite:///path`` or ``postgresql+psycopg://user@host/db``; empty means a file under ``data``."""
    temporal: str = "127.0.0.1:7233"
    namespace: str = "default"
    temporal_ui: str = "http://127.0.0.1:8233"
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8800, ge=1, le=65535)
    web_url: str = ""
    """Address that signed links in mails start with; empty means web_host and web_port."""
    organiser: str = Field(default="rotations@sojourn.example", pattern=r"^[^@\s]+@[^@\s]+$")
    """Address that invites come from and answers go to."""
    organiser_name: str = "Sojourn rotations"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_starttls: bool = False
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    sink_port: int = Field(default=0, ge=0, le=65535)
    """Port of the local mail sink; 0 means none."""
    imap_host: str = ""
    """Mailbox that answers arrive in; empty means none is polled."""
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_tls: bool = True
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_seconds: int = Field(default=30, ge=1, le=3600)
    """Pause between two looks into the mailbox."""
    keys: SecretStr = SecretStr("")
    """``id:secret,id:secret``, newest first; in local mode made once and kept under ``data``."""

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        if self.web_host not in _LOOPBACK:
            raise ValueError(
                "web_host: pages are served on loopback only in this version; "
                "put a proxy that signs people in before it"
            )
        for pair in self.keys.get_secret_value().split(","):
            if pair and not _KEY.fullmatch(pair.strip()):
                raise ValueError(
                    "keys: each is id:secret with at least 32 characters of secret; make one with "
                    "python3 -c \"import secrets; print('k1:' + secrets.token_urlsafe(32))\""
                )
        if not self.local and not self.keys.get_secret_value():
            raise ValueError("keys: outside local mode SOJOURN_KEYS is needed (id:secret)")
        return self

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data / 'sojourn.db').absolute()}"

    @property
    def base_url(self) -> str:
        return self.web_url or f"http://{self.web_host}:{self.web_port}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; raises BadSettings that lists everything wrong, unknown names included."""
    found = os.environ if environment is None else environment
    values = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in found.items()
        if name.startswith(PREFIX)
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as wrong:
        lines = [_line(error["loc"], error["msg"]) for error in wrong.errors()]
        raise BadSettings("Settings are not right:\n" + "\n".join(lines)) from None


def _line(loc: tuple[int | str, ...], message: str) -> str:
    name = f"{PREFIX}{str(loc[0]).upper()}: " if loc else ""
    return f"  {name}{message.removeprefix('Value error, ')}"


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
