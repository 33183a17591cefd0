"""A server as a company installs it: the lock of a server, PostgreSQL, each process by itself.

The processes are those of docker-compose.yml with the settings that it gives them.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.installation import wait_until
from tests.mill import ORGANISER, write_folder
from tests.servers import (
    Dovecot,
    MailServer,
    Postgres,
    TemporalServer,
    free_port,
    gnus_reply,
    mail_with,
)
from tests.unit.invites.test_invites import calendar_of

ROOT = Path(__file__).parents[2]
HOST = "rotations.mill.example"


class Server:
    """The processes of one server, started and killed one by one."""

    def __init__(self, program: Path, home: Path, settings: dict[str, str]) -> None:
        self.program = program
        self.home = home
        self.settings = settings
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        port = settings["SOJOURN_WEB_PORT"]
        self.web = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Host": HOST}, timeout=20
        )

    def run(self, *words: str, fails: bool = False) -> str:
        """Run a command as an admin would and return what it printed."""
        done = subprocess.run(
            [self.program, *words],
            cwd=self.home,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *words: str) -> None:
        log = (self.home / f"{words[0]}.log").open("ab")
        self.running[words[0]] = subprocess.Popen(
            [self.program, *words], cwd=self.home, env=self._environment(), stdout=log, stderr=log
        )

    def start_all(self) -> None:
        for words in (("worker",), ("mail", "serve"), ("web",)):
            self.start(*words)
        wait_until(lambda: self.web.get("/healthz").status_code == 200)

    def stop_all(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.running.items():
            ended = process.wait(timeout=40)
            assert ended in (0, -signal.SIGTERM), (self.home / f"{name}.log").read_text()
        self.running.clear()

    def rotation(self) -> dict[str, object]:
        found: list[dict[str, object]] = json.loads(self.run("list", "--json"))
        return found[0]

    def phase(self, key: str) -> object:
        steps = self.rotation()["steps"]
        assert isinstance(steps, list)
        return next(step["phase"] for step in steps if step["key"] == key)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], **self.settings}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed as the image and a server without containers are."""
    target = tmp_path_factory.mktemp("opt") / "sojourn"
    done = subprocess.run(
        [ROOT / "scripts" / "install-server.sh", target], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return target / "bin" / "sojourn"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def mailbox() -> Iterator[Dovecot]:
    server = Dovecot(ORGANISER)
    yield server
    server.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def temporals(tmp_path: Path) -> Iterator[tuple[TemporalServer, TemporalServer]]:
    """One to begin with, and an empty one beside which a backup is restored."""
    servers = TemporalServer(tmp_path), TemporalServer(tmp_path)
    yield servers
    for found in servers:
        found.stop()


@pytest.fixture
def server(
    program: Path, postgres: Postgres, mailbox: Dovecot, mail: MailServer, tmp_path: Path
) -> Iterator[Server]:
    settings = {
        "SOJOURN_DATABASE": postgres.database("sojourn"),
        "SOJOURN_NAMESPACE": "sojourn",
        "SOJOURN_KEYS": f"k1:{'s' * 32}",
        "SOJOURN_ORGANISER": ORGANISER,
        "SOJOURN_WEB_URL": f"https://{HOST}",
        "SOJOURN_WEB_PORT": str(free_port()),
        "SOJOURN_SMTP_PORT": str(mail.port),
        "SOJOURN_IMAP_HOST": "127.0.0.1",
        "SOJOURN_IMAP_PORT": str(mailbox.imap),
        "SOJOURN_IMAP_TLS": "false",
        "SOJOURN_IMAP_USER": mailbox.user,
        "SOJOURN_IMAP_PASSWORD": mailbox.password,
        "SOJOURN_IMAP_SECONDS": "1",
    }
    found = Server(program, tmp_path, settings)
    yield found
    for process in found.running.values():
        process.kill()


def test_a_server_from_its_first_day_to_a_restored_backup(
    server: Server,
    temporals: tuple[TemporalServer, TemporalServer],
    postgres: Postgres,
    mailbox: Dovecot,
    mail: MailServer,
    tmp_path: Path,
) -> None:
    temporal, another = temporals
    server.settings["SOJOURN_TEMPORAL"] = temporal.address
    assert "sojourn migrate" in server.run("import", str(ROOT / "examples"), fails=True)
    server.run("migrate")
    server.run("namespace")
    server.start_all()

    _start_a_cohort(server, tmp_path)
    wait_until(lambda: server.phase("talk") == "invited" and len(mail.mails) >= 4)
    _enter_and_look(server)
    for check in (("workers", "database"), ("mail-process", "mail-server"), ()):
        server.run("doctor", *(word for part in check for word in ("--only", part)))
    wait_until(lambda: "2 processes go on with this version, 0 would" in server.run("replay"))

    server.stop_all()
    backup = postgres.dump("sojourn")
    temporal.stop()
    server.settings["SOJOURN_DATABASE"] = postgres.restore("restored", backup)
    server.settings["SOJOURN_TEMPORAL"] = another.address
    server.run("namespace")
    server.start_all()
    assert "mended" in server.run("reconcile")
    assert "Nothing differs" in server.run("reconcile")

    sent = list(mail.mails)
    for who in ("vera@mill.example", "otto@mill.example"):
        _accept_by_gnus(mailbox, sent, tmp_path, who)
    wait_until(lambda: server.phase("talk") == "confirmed", 60)
    assert mail.mails == sent
    server.stop_all()


def _start_a_cohort(server: Server, folder: Path) -> None:
    server.run("import", str(write_folder(folder)))
    server.run("plan", "--cohort", "spring")
    server.run("approve", "1", "--cohort", "spring", "--yes")


def _enter_and_look(server: Server) -> None:
    """Sign in through the proxy as a person does: by the link that the admin handed over."""
    assert server.web.get("/").status_code == 401
    printed = server.run("login-link", "Iris Moser")
    link = re.search(rf"https://{re.escape(HOST)}(/sign-in/\S+)", printed)
    assert link, printed
    entered = server.web.post(link[1], headers={"Origin": f"https://{HOST}"})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"].partition(";")[0]
    overview = server.web.get("/", headers={"Cookie": cookie})
    assert overview.status_code == 200
    assert "Iris Moser" in overview.text
    assert "1 session or link" in server.run("sign-out", "Iris Moser", "--yes")
    assert server.web.get("/", headers={"Cookie": cookie}).status_code == 401


def _accept_by_gnus(
    mailbox: Dovecot, mails: list[tuple[str, bytes]], folder: Path, who: str
) -> None:
    raw = next(raw for to, raw in mails if to == who and b"text/calendar" in raw)
    reply = gnus_reply(folder, calendar_of(raw), who, "accepted")
    mailbox.deliver(mail_with(reply, who, ORGANISER))
