"""Mails that a machine writes in somebody's name: out of office, receipts, requests to prove oneself."""

import re
import unicodedata
from email.message import Message

from invites.envelope import own_parts, subject_of

_SAYS_SO = (
    "X-Autoreply",
    "X-Autoreply-From",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Reply",
    "X-Mail-Autoreply",
    "X-Vacation",
    "X-Boxtrapper",
)
_SUBJECT = re.compile(
    r"(?:re: ?)?\W*(?:"
    # "automatic reply", as mail servers write it
    r"auto(?:matic)?[- ]?(?:reply|response|antwort|svar|odpowiedz|respond|vastus)"
    r"|(?:autom[a-z]+|samodejni|otomatik) (?:reply|response|antwo?ord|antwort|svar"
    r"|vastaus|odpoved|odpowiedz|odgovor|valasz|atsakymas|atbilde|yanit|raspuns)"
    r"|(?:reponse|respuesta|risposta|resposta) automati[a-z]+|odpowiedz automatyczna|raspuns automat"
    r"|αυτοματη απαντηση|автоматическии ответ|автоответ|автоматична відповідь"
    r"|自動(?:応答|返信|回覆)|自动(?:答复|回复)|자동 ?(?:회신|응답)|不在(?:通知|の)"
    # "out of office", as people write it
    r"|out of (?:the )?office|ooo\b|(?:i am |i'm )?(?:on|away on) (?:vacation|holiday|leave)\b|vacation (?:reply|message|notice)"
    r"|abwesen|nicht im buro|(?:ich bin )?im urlaub|urlaubs(?:meldung|notiz)"
    r"|absen(?:t|te|ce) du bureau|message d['’]absence|absence\b|fuera de (?:la )?oficina|ausencia"
    r"|fuori (?:sede|ufficio)|assen(?:te|za)\b|afwezig|niet aanwezig|fora do escritorio"
    r"|franvaro|fravær|ikke (?:til stede|pa kontoret)|poissa|poza biurem|nieobecnosc|mimo kancelar"
    # "prove that you are no machine"
    r"|your (?:e-?mail|message) requires verification|please (?:confirm|verify) your (?:e-?mail|message)"
    r"|verify#"
    r")",
    re.IGNORECASE,
)
"""At the start of a subject, without accents."""


def answers_by_itself(message: Message) -> bool:
    """Return whether a mail says that it answers another by itself (RFC 3834), or is a receipt (RFC 8098).

    X-Auto-Response-Suppress alone proves nothing.
    """
    kinds = {part.get_content_type() for part in own_parts(message)}
    return (
        _mark(message, "Auto-Submitted").startswith(("auto-replied", "auto-notified"))
        or any(message.get(header) for header in _SAYS_SO)
        or _mark(message, "Precedence") in {"auto_reply", "auto-reply"}
        or bool(kinds & {"multipart/report", "message/disposition-notification"})
        or bool(_SUBJECT.match(_plain(subject_of(message))))
    )


def is_from_a_machine(message: Message) -> bool:
    """Return whether no person wrote a mail: it says so, or nobody would hear an answer to it."""
    bulk = _mark(message, "Precedence") in {"bulk", "junk"} and not message.get("List-Id")
    generated = _mark(message, "Auto-Submitted", "no") != "no"
    return generated or bulk or _mark(message, "Return-Path") == "<>"


def _mark(message: Message, header: str, otherwise: str = "") -> str:
    return str(message.get(header, otherwise)).split(";")[0].strip().lower()


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in spread if not unicodedata.combining(c)))
