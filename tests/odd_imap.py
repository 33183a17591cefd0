"""An IMAP server that answers as few do and all may: a script, for what Dovecot never says."""

import socketserver
import threading
from collections.abc import Callable

Oddities = frozenset[str]


class OddImap(socketserver.ThreadingTCPServer):
    """Mails by UID; ``oddities`` are among ``no-list``, ``withholds``, ``no-copy``, ``no-delete``, ``chatty``."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mails: dict[int, bytes], *oddities: str) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails, self.oddities = mails, set(oddities)
        self.copies: list[int] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: OddImap

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline().strip():
            tag, _, command = line.partition(b" ")
            words = command.split()
            name = b" ".join(words[: 1 + (words[0].upper() == b"UID")]).upper()
            answer = _ANSWERS.get(name, _unknown)(self, words)
            self._say(tag + b" " + answer)

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def odd(self, what: str) -> bool:
        return what in self.server.oddities


def _unknown(_: _Conversation, words: list[bytes]) -> bytes:
    return b"OK " + words[0] + b" done"


def _capability(talk: _Conversation, _: list[bytes]) -> bytes:
    talk._say(b"* CAPABILITY IMAP4rev1")
    return b"OK done"


def _select(talk: _Conversation, _: list[bytes]) -> bytes:
    talk._say(b"* %d EXISTS" % len(talk.server.mails))
    talk._say(b"* OK [UIDVALIDITY 7] yes")
    return b"OK [READ-WRITE] opened"


def _search(talk: _Conversation, _: list[bytes]) -> bytes:
    talk._say(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in talk.server.mails)]))
    return b"OK done"


def _list(talk: _Conversation, _: list[bytes]) -> bytes:
    for name in () if talk.odd("no-list") else (b"INBOX", b"Processed", b"Failed"):
        talk._say(b'* LIST () "/" ' + name)
    return b"OK done"


def _fetch(talk: _Conversation, words: list[bytes]) -> bytes:
    uid = int(words[2])
    raw, place = talk.server.mails[uid], list(talk.server.mails).index(uid) + 1
    if b"SIZE" in words[3]:
        talk._say(b"* %d FETCH (UID %d RFC822.SIZE %d)" % (place, uid, len(raw)))
    elif talk.odd("withholds") and uid == min(talk.server.mails):
        return b"NO [UNAVAILABLE] in a moment"
    else:
        talk._say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)" % (place, uid, len(raw), raw))
    if talk.odd("chatty"):
        talk._say(b"* 1 FETCH (FLAGS (\\Seen))")
    return b"OK done"


def _copy(talk: _Conversation, words: list[bytes]) -> bytes:
    if talk.odd("no-copy"):
        return b"BAD not here"
    talk.server.copies.append(int(words[2]))
    return b"OK done"


def _store(talk: _Conversation, words: list[bytes]) -> bytes:
    if talk.odd("no-delete"):
        return b"NO [NOPERM] not yours"
    talk.server.mails.pop(int(words[2]), None)
    return b"OK done"


def _logout(talk: _Conversation, _: list[bytes]) -> bytes:
    talk._say(b"* BYE")
    return b"OK done"


_ANSWERS: dict[bytes, Callable[[_Conversation, list[bytes]], bytes]] = {
    b"CAPABILITY": _capability,
    b"SELECT": _select,
    b"UID SEARCH": _search,
    b"LIST": _list,
    b"UID FETCH": _fetch,
    b"UID COPY": _copy,
    b"UID STORE": _store,
    b"LOGOUT": _logout,
}
