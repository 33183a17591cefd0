"""Private words: sealed with a key of their writer, which is wrapped by a key outside the database."""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from domain.chain import letters_of
from domain.errors import DomainError, Refused
from store.tables.people import PersonKeyTable, PersonTable

_NONCE = 12


class Unreadable(DomainError):
    """Sealed words that this installation's key does not open."""


class Vault:
    """Seals and opens a person's words (AES-256-GCM, the pseudonym as associated data).

    What is sealed apart belongs to nobody: its key is derived from the master key alone.
    """

    def __init__(self, master_key: bytes) -> None:
        self._master = AESGCM(master_key)
        self._apart = hmac.digest(master_key, b"voices", "sha256")

    def seal(self, session: Session, person: str, words: str) -> bytes:
        """Return the sealed words; the person's key is made at the first use."""
        return _encrypt(AESGCM(self._key_of(session, person)), words.encode(), person)

    def open(self, session: Session, person: str, sealed: bytes) -> str:
        """Return the words; raises Unreadable when the key is gone or another one."""
        if session.get(PersonKeyTable, person) is None:
            raise Unreadable("These words can't be opened any more: their writer's key is gone.")
        return _decrypt(AESGCM(self._key_of(session, person)), sealed, person).decode()

    def mark(self, session: Session, person: str, words: str) -> str:
        """Return a digest of words under their writer's key: it proves them and tells nothing of them."""
        key = self._key_of(session, person)
        return letters_of(hmac.digest(key, b"evidence\0" + words.encode(), "sha256"))

    def seal_apart(self, about: str, words: str) -> bytes:
        """Return words sealed with a key that is nobody's, bound to the id of what they are about."""
        return _encrypt(AESGCM(self._apart), words.encode(), about)

    def open_apart(self, about: str, sealed: bytes) -> str:
        """Return words that were sealed apart; raises Unreadable when they are gone or the key is another."""
        return _decrypt(AESGCM(self._apart), sealed, about).decode()

    def mark_apart(self, words: str) -> str:
        """Return a digest of words under a key that is nobody's: without it nobody can guess them."""
        return letters_of(hmac.digest(self._apart, b"mark\0" + words.encode(), "sha256"))

    def _key_of(self, session: Session, person: str) -> bytes:
        """Return the person's key, which is made at the first use; raises Refused for somebody erased."""
        found = session.get(PersonKeyTable, person)
        if found:
            return _decrypt(self._master, found.wrapped, person)
        known = session.get(PersonTable, person)
        if known and known.erased_at:
            raise Refused("This person was erased; nothing is kept of them any more.")
        key = secrets.token_bytes(32)
        wrapped = _encrypt(self._master, key, person)
        session.add(PersonKeyTable(person=person, wrapped=wrapped))
        return key


def _encrypt(key: AESGCM, words: bytes, person: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + key.encrypt(nonce, words, person.encode())


def _decrypt(key: AESGCM, sealed: bytes, person: str) -> bytes:
    if len(sealed) <= _NONCE:
        raise Unreadable("These words were erased.")
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], person.encode())
    except InvalidTag as wrong:
        raise Unreadable(
            "These words can't be opened with the key of this installation."
        ) from wrong
