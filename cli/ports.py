"""The loopback ports of one installation: four in a row from a base, all free or none used."""

import socket

from domain.errors import DomainError
from domain.value import Value

DEFAULT_BASE = 8800
LOWEST_BASE, HIGHEST_BASE = 1024, 65532


class BusyPort(DomainError):
    """A port that is needed is taken by another program."""


class Ports(Value):
    """Where the processes of one machine listen."""

    web: int
    mail: int
    temporal: int
    temporal_ui: int


def ports_from(base: int) -> Ports:
    """Return the four ports; raises BusyPort naming the first that is taken and the option."""
    ports = Ports(web=base, mail=base + 1, temporal=base + 2, temporal_ui=base + 3)
    for what, port in ports.model_dump().items():
        if not _free(port):
            raise BusyPort(
                f"Port {port} ({what.replace('_', ' ')}) is in use by another program. "
                f"Stop that program, or choose other ports: sojourn up --port-base {base + 100}"
            )
    return ports


def refuse_busy(what: str, port: int, setting: str) -> None:
    """Raise BusyPort naming the port and the setting that moves it."""
    if not _free(port):
        raise BusyPort(
            f"Port {port} ({what}) is in use; does it run already? Another port: {setting}."
        )


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
