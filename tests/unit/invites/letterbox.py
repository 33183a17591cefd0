"""Mails as the world's mail programs write them, rebuilt by hand: each with what it says."""

import base64
import quopri
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import Header

UID = "k3v5q2nxw4h7c6m2@sojourn.example"
ANN = "ann@example.net"
OURS = "rotations@sojourn.example"
STAMP = "20261124T100000Z"
AT = "2026-11-24T10:00:00Z"


@dataclass(frozen=True)
class Mail:
    """The bytes of a mail and the facts that ``explain`` must find in it; others are not looked at."""

    raw: bytes
    facts: Mapping[str, object] = field(default_factory=dict)


def ics(*lines: str, method: str = "REPLY", product: str = "-//x//y//EN", head: str = "") -> str:
    top = ["BEGIN:VCALENDAR", f"PRODID:{product}", "VERSION:2.0"]
    top += [f"METHOD:{method}"] if method else []
    top += head.strip().splitlines() if head else []
    return "\r\n".join([*top, "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def attendee(status: str = "ACCEPTED", more: str = "", address: str = ANN) -> str:
    return f"ATTENDEE;PARTSTAT={status}{more}:mailto:{address}"


def plain(*lines: str, status: str = "ACCEPTED", sequence: int = 1) -> tuple[str, ...]:
    return (f"UID:{UID}", f"DTSTAMP:{STAMP}", f"SEQUENCE:{sequence}", attendee(status), *lines)


def b64(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return base64.encodebytes(raw).decode()


def qp(text: str) -> str:
    return quopri.encodestring(text.replace("\r\n", "\n").encode()).decode()


def leaf(kind: str, body: str = "", *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", body])


def cal(text: str, kind: str = "text/calendar; charset=UTF-8; method=REPLY") -> str:
    return leaf(kind, b64(text), "Content-Transfer-Encoding: base64")


def multi(kind: str, *parts: str, name: str = "") -> str:
    name = name or f"=_{kind.split(';')[0]}_{len(parts)}_{sum(map(len, parts))}"
    body = "".join(f"--{name}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{name}"\n\n{body}--{name}--\n'


def mail(body: str, *headers: str, who: str = f"Ann Larch <{ANN}>", subject: str = "Re") -> bytes:
    named = subject if subject.isascii() else Header(subject, "utf-8").encode()
    top = [f"From: {who}", f"To: {OURS}", f"Subject: {named}", "MIME-Version: 1.0"]
    top.insert(3, "Date: Tue, 24 Nov 2026 11:00:05 +0100")
    return ("\n".join([*headers, *top]) + "\n" + body).encode("utf-8", "surrogateescape")


def reply(text: str, words: str = "Ann Larch has replied.", **changes: str) -> bytes:
    """An answer in an alternative, as most programs write it."""
    return mail(
        multi("alternative", leaf("text/plain; charset=utf-8", words), cal(text)), **changes
    )


BERLIN_OF_WINDOWS = """\
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
SARAJEVO = BERLIN_OF_WINDOWS.replace(
    "W. Europe Standard Time", "(GMT+01.00) Sarajevo\\, Skopje\\, Warsaw\\, Zagreb"
)


def said(kind: str, partstat: str | None = None, **more: object) -> dict[str, object]:
    base: dict[str, object] = {"kind": kind, "partstat": partstat}
    if kind in {"reply", "counter", "refresh"}:
        base |= {"uid": UID, "attendee": ANN, "sequence": 1, "dtstamp": AT}
        base |= {"method": kind.upper(), "verdict": "apply"}
    return base | more


YES = said("reply", "ACCEPTED", comment=None, recurrence_id=None)
NO = said("reply", "DECLINED", comment=None)
MAYBE = said("reply", "TENTATIVE", comment=None)
GOOGLE = "-//Google Inc//Google Calendar 70.9054//EN"
EXCHANGE = "Microsoft Exchange Server 2010"


def google(*more: str, status: str = "ACCEPTED", note: str = "", method: str = "REPLY") -> str:
    extra = f';X-RESPONSE-COMMENT="{note}"' if note else ""
    return ics(
        "DTSTART:20261201T090000Z",
        "DTEND:20261201T100000Z",
        f"DTSTAMP:{STAMP}",
        f"ORGANIZER;CN=Rotations:mailto:{OURS}",
        f"UID:{UID}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={status};CN={ANN}",
        f" ;X-NUM-GUESTS=0{extra}:mailto:{ANN}",
        "X-MICROSOFT-CDO-OWNERAPPTID:-1442061364",
        "CREATED:20261120T080000Z",
        "DESCRIPTION:Invitation\\n\\nsee you",
        "LAST-MODIFIED:20261124T100000Z",
        "LOCATION:",
        "SEQUENCE:1",
        "STATUS:CONFIRMED",
        "SUMMARY:Rotation: a day",
        "TRANSP:OPAQUE",
        *more,
        product=GOOGLE,
        method=method,
        head="CALSCALE:GREGORIAN",
    )


def from_google(text: str, words: str, method: str = "REPLY", subject: str = "Accepted") -> bytes:
    inner = multi(
        "alternative",
        leaf(
            'text/plain; charset="UTF-8"; format=flowed; delsp=yes',
            b64(words),
            "Content-Transfer-Encoding: base64",
        ),
        leaf('text/html; charset="UTF-8"', f"<p>{words}</p>"),
        cal(text, f'text/calendar; charset="UTF-8"; method={method}'),
    )
    attached = cal(text, 'application/ics; name="invite.ics"')
    return mail(
        multi("mixed", inner, attached),
        "Return-Path: <3abc@calendar-server.bounces.google.com>",
        "Auto-Submitted: auto-generated",
        f"Reply-To: Ann Larch <{ANN}>",
        "Sender: Google Calendar <calendar-notification@google.com>",
        subject=subject,
    )


def exchange(
    *more: str, status: str = "ACCEPTED", method: str = "REPLY", comment: str = "\\n"
) -> str:
    verb = {"ACCEPTED": "Accepted", "DECLINED": "Declined"}.get(status, "Tentative")
    return ics(
        f"ATTENDEE;PARTSTAT={status};CN=Ann Larch:mailto:Ann@Example.net",
        f"COMMENT;LANGUAGE=en-US:{comment}",
        f"UID:{UID}",
        f"SUMMARY;LANGUAGE=en-US:{verb}: Rotation: a day",
        *(
            more
            or (
                "DTSTART;TZID=W. Europe Standard Time:20261201T100000",
                "DTEND;TZID=W. Europe Standard Time:20261201T110000",
            )
        ),
        "CLASS:PUBLIC",
        "PRIORITY:5",
        f"DTSTAMP:{STAMP}",
        "TRANSP:OPAQUE",
        "STATUS:CONFIRMED",
        "SEQUENCE:0",
        "LOCATION;LANGUAGE=en-US:",
        "X-MICROSOFT-CDO-APPT-SEQUENCE:1",
        "X-MICROSOFT-CDO-OWNERAPPTID:0",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        product=EXCHANGE,
        method=method,
        head=BERLIN_OF_WINDOWS,
    )


def from_exchange(
    text: str,
    method: str = "REPLY",
    subject: str = "Accepted: a day",
    html: str = "<html><body></body></html>",
) -> bytes:
    parts = (
        leaf('text/plain; charset="us-ascii"', ""),
        leaf('text/html; charset="us-ascii"', html),
        cal(text, f'text/calendar; charset="utf-8"; method={method}'),
    )
    return mail(
        multi("alternative", *parts, name="_000_AM0PR01MB_"),
        "Thread-Topic: a day",
        "Accept-Language: en-US",
        "X-MS-Has-Attach:",
        "X-MS-TNEF-Correlator:",
        "x-ms-exchange-calendar-originator-id: 00000",
        "Content-Language: en-US",
        subject=subject,
    )


ANSWERS = {
    "Gmail yes": Mail(
        from_google(google(), "Ann Larch has accepted this invitation.\r\n\r\nRotation: a day\r\n"),
        YES | {"prodid": GOOGLE},
    ),
    "Gmail no with a note beside the name": Mail(
        from_google(
            google(status="DECLINED", note="I teach, sorry"),
            'Ann Larch has declined this invitation with a note:\r\n\r\n"I teach, sorry"\r\n\r\nRotation',
        ),
        NO | {"comment": "I teach, sorry"},
    ),
    "Gmail maybe with a note in the words alone": Mail(
        from_google(
            google(status="TENTATIVE"),
            "Ann Larch hat diese Einladung mit folgendem Hinweis mit Vorbehalt angenommen:\r\n\r\n„Ich weiß es noch nicht“\r\n\r\nRotation: a day\r\nDienstag 1. Dez. 2026\r\n",
        ),
        MAYBE | {"comment": "Ich weiß es noch nicht"},
    ),
    "Google counter": Mail(
        from_google(
            google("COMMENT:A bit later?", status="TENTATIVE", method="COUNTER")
            .replace("20261201T090000Z", "20261202T130000Z")
            .replace("20261201T100000Z", "20261202T140000Z"),
            "New time proposed",
            "COUNTER",
            "Proposed new time",
        ),
        said(
            "counter",
            "TENTATIVE",
            comment="A bit later?",
            proposed_start="2026-12-02T13:00:00Z",
            proposed_end="2026-12-02T14:00:00Z",
        ),
    ),
    "Google with all guests in it": Mail(
        from_google(
            google(
                "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=DECLINED;X-RESPONSE-COMMENT=no:mailto:ben@example.net"
            ),
            "x",
        ),
        YES,
    ),
    "Workspace, a secondary calendar": Mail(
        from_google(
            google().replace(
                f"ORGANIZER;CN=Rotations:mailto:{OURS}",
                "ORGANIZER;CN=x:mailto:c_188@group.calendar.google.com",
            ),
            "x",
        ),
        YES,
    ),
    "Exchange yes with an empty comment": Mail(
        from_exchange(exchange()), YES | {"prodid": EXCHANGE}
    ),
    "Exchange no with words": Mail(
        from_exchange(exchange(status="DECLINED", comment="On leave that week.\\n\\nAnn\\n")),
        NO | {"comment": "On leave that week.\n\nAnn"},
    ),
    "Exchange counter": Mail(
        from_exchange(
            exchange(
                "DTSTART;TZID=W. Europe Standard Time:20261202T140000",
                "DTEND;TZID=W. Europe Standard Time:20261202T150000",
                "X-MS-OLK-ORIGINALSTART;TZID=W. Europe Standard Time:20261201T100000",
                status="TENTATIVE",
                method="COUNTER",
            ),
            "COUNTER",
            "New Time Proposed: a day",
        ),
        said(
            "counter",
            "TENTATIVE",
            proposed_start="2026-12-02T13:00:00Z",
            proposed_end="2026-12-02T14:00:00Z",
        ),
    ),
    "Exchange counter, declined": Mail(
        from_exchange(
            exchange(
                "DTSTART:20261202T130000Z",
                "DTEND:20261202T140000Z",
                status="DECLINED",
                method="COUNTER",
            ),
            "COUNTER",
        ),
        said("counter", "DECLINED", proposed_start="2026-12-02T13:00:00Z"),
    ),
    "Exchange counter of a whole day": Mail(
        from_exchange(
            exchange(
                "DTSTART;VALUE=DATE:20261202",
                "DTEND;VALUE=DATE:20261203",
                status="TENTATIVE",
                method="COUNTER",
            ),
            "COUNTER",
        ),
        said(
            "counter",
            "TENTATIVE",
            proposed_start=None,
            proposed_end=None,
            verdict="quarantine",
            reason="it proposes a whole day and no hour",
        ),
    ),
    "outlook.com": Mail(
        from_exchange(
            exchange(
                "DTSTART;TZID=tzone://Microsoft/Utc:20261202T130000",
                "DTEND;TZID=tzone://Microsoft/Utc:20261202T140000",
                status="TENTATIVE",
                method="COUNTER",
            ),
            "COUNTER",
        ),
        said("counter", "TENTATIVE", proposed_start="2026-12-02T13:00:00Z"),
    ),
    "Outlook 2007 with a name of a zone and its commas": Mail(
        reply(
            ics(
                *plain(
                    'DTSTART;TZID="(GMT+01.00) Sarajevo, Skopje, Warsaw, Zagreb":20261202T140000',
                    status="TENTATIVE",
                ),
                method="COUNTER",
                head=SARAJEVO,
                product="-//Microsoft Corporation//Outlook 12.0 MIMEDIR//EN",
            )
        ),
        said("counter", "TENTATIVE", proposed_start="2026-12-02T13:00:00Z"),
    ),
    "Outlook 2016 on its own, one part": Mail(
        mail(
            leaf(
                'text/calendar; method=REPLY; charset="utf-8"',
                ics(
                    *plain("X-MICROSOFT-DISALLOW-COUNTER:FALSE"),
                    product="-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN",
                ),
                "Content-Transfer-Encoding: 7bit",
            ),
            "Content-class: urn:content-classes:calendarmessage",
            "X-Mailer: Microsoft Outlook 16.0",
        ),
        YES,
    ),
    "Outlook for Mac": Mail(
        reply(
            ics(
                *plain("X-ENTOURAGE_UUID:5E2", status="DECLINED"),
                product="-//Microsoft Corporation//Outlook for Mac MIMEDIR//EN",
            )
        ),
        NO,
    ),
    "Apple Mail": Mail(
        mail(
            multi(
                "alternative",
                leaf("text/plain;\n\tcharset=us-ascii", "Ann Larch has accepted your invitation"),
                leaf(
                    "text/calendar;\n\tcharset=utf-8;\n\tmethod=REPLY",
                    qp(
                        ics(
                            *plain(
                                'ATTENDEE;CN="Ann Larch";CUTYPE=INDIVIDUAL;EMAIL=ann@example.net;PARTSTAT=ACCEPTED:mailto:ann@example.net',
                                "X-CALENDARSERVER-PRIVATE-COMMENT:By train",
                            ),
                            product="-//Apple Inc.//macOS 14.1//EN",
                        )
                    ),
                    "Content-Transfer-Encoding: quoted-printable",
                ),
            ),
            "X-Mailer: iCloud",
        ),
        YES | {"comment": "By train"},
    ),
    "iCloud with a directory's name for the guest": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                f"ATTENDEE;CN=Ann;EMAIL={ANN};PARTSTAT=ACCEPTED:/aMTcyNDE/principal/",
                product="-//Apple Inc.//iCloud 2405//EN",
            )
        ),
        YES,
    ),
    "iOS with a guest by number": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                f"ATTENDEE;CN=Ann;EMAIL={ANN};PARTSTAT=DECLINED:urn:uuid:9D2B4B9C-0AE5",
                product="-//Apple Inc.//iPhone OS 17.0//EN",
            )
        ),
        NO,
    ),
    "Thunderbird": Mail(
        mail(
            multi(
                "mixed",
                multi(
                    "alternative",
                    leaf(
                        "text/plain; charset=utf-8; format=flowed",
                        "Ann Larch <ann@example.net> has accepted your event invitation.",
                    ),
                    leaf(
                        "text/calendar; method=REPLY; charset=UTF-8",
                        ics(
                            *plain("X-MOZ-SEND-INVITATIONS:TRUE", "X-MOZ-GENERATION:1"),
                            product="-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN",
                        ),
                    ),
                ),
                leaf(
                    'application/ics; name="invite.ics"',
                    b64(ics(*plain())),
                    "Content-Transfer-Encoding: base64",
                    'Content-Disposition: attachment; filename="invite.ics"',
                ),
            ),
            "User-Agent: Mozilla Thunderbird",
        ),
        YES,
    ),
    "Evolution": Mail(
        mail(
            multi(
                "alternative",
                leaf("text/plain; charset=utf-8", "x"),
                leaf(
                    'text/calendar; name="meeting.ics"; charset="utf-8"; METHOD="REPLY"',
                    ics(
                        *plain(
                            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261201T100000",
                            "X-EVOLUTION-CALDAV-HREF:http://x",
                        ),
                        product="-//Ximian//NONSGML Evolution Calendar//EN",
                    ),
                ),
            ),
            "X-Mailer: Evolution 3.46",
        ),
        YES,
    ),
    "KOrganizer": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain; charset=utf-8", "x"),
                leaf(
                    'text/calendar; charset="utf-8"; method="reply"',
                    ics(
                        *plain("X-KDE-KCALCORE-ENABLED:TRUE"),
                        product="-//K Desktop Environment//NONSGML libkcal 4.3//EN",
                    ),
                    "Content-Disposition: attachment; filename=cal.ics",
                ),
            ),
            "User-Agent: KMail",
        ),
        YES,
    ),
    "Kronolith": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain; charset=utf-8", "Ann has accepted."),
                leaf(
                    'text/calendar; name="event-reply.ics"; charset=utf-8',
                    ics(
                        *plain(), product="-//The Horde Project//Horde Application Framework 5//EN"
                    ),
                    "Content-Disposition: attachment; filename=event-reply.ics",
                ),
            ),
            "User-Agent: Horde Application Framework 5",
        ),
        YES,
    ),
    "BlueMind": Mail(
        mail(
            multi(
                "mixed",
                multi(
                    "alternative",
                    leaf("text/html; charset=utf-8", "<p>x</p>"),
                    cal(
                        ics(
                            *plain("X-MICROSOFT-CDO-BUSYSTATUS:BUSY"),
                            product="-//BlueMind//BlueMind Calendar//FR",
                        )
                    ),
                ),
                cal(ics(*plain()), "application/ics; name=event.ics"),
            ),
            "X-BM-Event: x",
        ),
        YES,
    ),
    "OBM with a class of its own": Mail(
        mail(
            multi(
                "alternative",
                leaf("text/plain; charset=utf-8", "x"),
                cal(ics(*plain(), product="-//Aliasource Groupe LINAGORA//OBM Calendar 3.2//FR")),
            ),
            "Content-class: urn:content-classes:calendarmessage",
        ),
        YES,
    ),
    "Zimbra": Mail(
        reply(
            ics(
                "SUMMARY:Accept: a day",
                *plain("COMMENT:See you", 'X-ZIMBRA-DTSTART;TZID="Europe/Berlin":x'),
                product="Zimbra-Calendar-Provider",
            )
        ),
        YES | {"comment": "See you", "prodid": "Zimbra-Calendar-Provider"},
    ),
    "SOGo": Mail(reply(ics(*plain(), product="-//Inverse inc./SOGo 5.8.0//EN")), YES),
    "Nextcloud": Mail(
        mail(
            multi(
                "mixed",
                multi(
                    "alternative",
                    leaf("text/plain; charset=utf-8", "x"),
                    leaf("text/html; charset=utf-8", "x"),
                ),
                leaf(
                    "text/calendar; name=event.ics; method=REPLY",
                    ics(*plain(), product="-//IDN nextcloud.com//Calendar app 4.5.3//EN"),
                    "Content-Disposition: attachment; filename=event.ics",
                ),
            ),
            who="Ann via Nextcloud <ann@example.net>",
        ),
        YES,
    ),
    "Yahoo with a role that does not exist": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                f'ATTENDEE;PARTSTAT=ACCEPTED;CN="Ann";ROLE=REQ_PARTICIPANT;RSVP=TRUE:mailto:{ANN}',
                "X-YAHOO-YID:ann",
                product="Zimbra-Calendar-Provider",
            )
        ),
        YES,
    ),
    "Fastmail": Mail(
        reply(ics(*plain("X-JMAP-SENT-BY:x"), product="-//CyrusIMAP.org/Cyrus 3.9//EN")), YES
    ),
    "Domino": Mail(
        mail(
            multi(
                "alternative",
                leaf("text/plain; charset=US-ASCII", "x"),
                leaf(
                    'text/calendar; charset="US-ASCII"; method=REPLY; name="c000001.ics"',
                    ics(
                        f"UID:{UID}",
                        f"DTSTAMP:{STAMP}",
                        "SEQUENCE:1",
                        f'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN="Ann Larch/BER/ACME"\r\n ;RSVP=FALSE:mailto:{ANN}',
                        'COMMENT;ALTREP="CID:<FFFF__=0ABB0BEF>":Fine',
                        "X-LOTUS-UPDATE-SEQ:2",
                        product="-//Lotus Development Corporation//NONSGML Notes 9.0//EN_C",
                    ),
                ),
            ),
            "X-Mailer: Lotus Notes Release 9.0",
        ),
        YES | {"comment": "Fine"},
    ),
    "GroupWise": Mail(
        reply(ics(*plain("X-GWITEM-TYPE:APPOINTMENT"), product="-//Novell Inc//Groupwise 18.0")),
        YES,
    ),
    "Samsung": Mail(
        reply(
            ics(*plain(), product="-//SAMSUNG ELECTRONICS//Calendar//EN").replace(
                "mailto:", "MAILTO:"
            )
        ),
        YES,
    ),
    "Spark names nobody": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                "STATUS:CONFIRMED",
                product="-//Readdle//Spark//EN",
            )
        ),
        said("reply", None, attendee=None, verdict="quarantine", reason="it names no attendee"),
    ),
    "mu4e with every guest": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                attendee("NEEDS-ACTION", address="ben@example.net"),
                attendee("DECLINED"),
                product="-//Gnus//gnus-icalendar//EN",
            )
        ),
        NO,
    ),
    "a name with an open quote": Mail(
        reply(ics(*plain()).replace("ATTENDEE;", 'ATTENDEE;CN="Ann;')), YES
    ),
    "an address in several disguises": Mail(
        reply(
            ics(*plain()).replace(f"mailto:{ANN}", '"MAILTO: Ann Larch <Ann%40Example.net?x=y>"')
        ),
        YES,
    ),
    "an unquoted comma in From": Mail(reply(ics(*plain()), who=f"Larch, Ann <{ANN}>"), YES),
    "by an assistant": Mail(
        reply(
            ics(
                f"UID:{UID}",
                f"DTSTAMP:{STAMP}",
                "SEQUENCE:1",
                attendee(more=';SENT-BY="mailto:pa@example.net"'),
            ),
            who="pa@example.net",
        ),
        said("reply", "ACCEPTED", verdict="quarantine"),
    ),
    "a wrapped line in quoted-printable": Mail(
        mail(
            leaf(
                "text/calendar; method=REPLY; charset=utf-8",
                "".join(
                    f"{line[:40]}=\n{line[40:]}\n" if len(line) > 40 else f"{line}\n"
                    for line in qp(ics(*plain("COMMENT:Übermorgen"))).splitlines()
                ),
                "Content-Transfer-Encoding: Quoted-Printable ",
            )
        ),
        YES | {"comment": "Übermorgen"},
    ),
    "base64 with lines that do not belong": Mail(
        mail(
            leaf(
                "text/calendar; method=REPLY",
                b64(ics(*plain())).replace("\n", "\n-- scanned by x --\n", 1)
                + "\n_______________\nlist@example.org | unsubscribe!\n",
                "Content-Transfer-Encoding: base64 ",
            )
        ),
        YES,
    ),
    "base64 that does not say so": Mail(
        mail(leaf("text/calendar; method=REPLY", b64(ics(*plain())))), YES
    ),
    "double line ends": Mail(
        mail(cal(ics(*plain("COMMENT:one t\r\n wo")).replace("\r\n", "\r\r\n"))),
        YES | {"comment": "one two"},
    ),
    "a calendar as plain text": Mail(mail(leaf("text/plain", ics(*plain()))), YES),
    "parameters as RFC 2231 writes them": Mail(
        mail(
            cal(
                ics(*plain(), method=""),
                "text/calendar; method*0*=us-ascii'en'RE; method*1*=PLY; charset*=us-ascii''utf-8",
            )
        ),
        YES,
    ),
    "a file name as RFC 2231 writes it": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "x"),
                leaf(
                    "application/x-unknown",
                    b64(ics(*plain())),
                    "Content-Transfer-Encoding: base64",
                    "Content-Disposition: attachment; filename*=utf-8''R%C3%A9ponse.ics",
                ),
            )
        ),
        YES,
    ),
    "a file name as RFC 2047 writes it, by name only": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "x"),
                cal(ics(*plain()), 'application/x-y; name="=?utf-8?Q?R=C3=A9ponse?=.ics"'),
            )
        ),
        YES,
    ),
    "two parts that differ": Mail(
        mail(
            multi(
                "mixed",
                cal(ics(*plain(status="DECLINED")), "application/ics; name=invite.ics"),
                multi("alternative", leaf("text/plain", "x"), cal(ics(*plain()))),
            )
        ),
        YES,
    ),
    "UTF-16 with its mark": Mail(
        mail(
            leaf(
                "text/calendar; charset=utf-16; method=REPLY",
                b64(ics(*plain()).encode("utf-16")),
                "Content-Transfer-Encoding: base64",
            )
        ),
        YES,
    ),
    "UTF-16 in name only": Mail(
        mail(cal(ics(*plain()), "text/calendar; charset=utf-16; method=REPLY")), YES
    ),
    "a Japanese comment": Mail(
        mail(
            leaf(
                "text/calendar; charset=iso-2022-jp; method=REPLY",
                b64(ics(*plain("COMMENT:了解しました")).encode("iso-2022-jp")),
                "Content-Transfer-Encoding: base64",
            )
        ),
        YES | {"comment": "了解しました"},
    ),
    "a Korean charset by Microsoft's name": Mail(
        mail(
            leaf(
                'text/calendar; charset="ks_c_5601-1987"; method=REPLY',
                b64(ics(*plain("COMMENT:네")).encode("cp949")),
                "Content-Transfer-Encoding: base64",
            )
        ),
        YES | {"comment": "네"},
    ),
    "Chinese beyond the charset that it names": Mail(
        mail(
            leaf(
                'text/calendar; charset="gb2312"; method=REPLY',
                b64(ics(*plain("COMMENT:朱镕基")).encode("gbk")),
                "Content-Transfer-Encoding: base64",
            )
        ),
        YES | {"comment": "朱镕基"},
    ),
    "a single day of a series, then the whole": Mail(
        reply(
            ics(*plain("RECURRENCE-ID:20261208T090000Z", status="DECLINED")).replace(
                "END:VCALENDAR",
                "BEGIN:VEVENT\r\n" + "\r\n".join(plain()) + "\r\nEND:VEVENT\r\nEND:VCALENDAR",
            )
        ),
        YES,
    ),
    "a day of a series by date": Mail(
        reply(ics(*plain("RECURRENCE-ID;VALUE=DATE:20261208"))),
        said("reply", "ACCEPTED", recurrence_id="2026-12-08", verdict="ignore"),
    ),
    "a day of a series in a Windows zone": Mail(
        reply(
            ics(
                *plain("RECURRENCE-ID;TZID=W. Europe Standard Time:20261208T100000"),
                head=BERLIN_OF_WINDOWS,
            )
        ),
        said("reply", "ACCEPTED", recurrence_id="2026-12-08T09:00:00Z", verdict="ignore"),
    ),
    "a day of a series in a zone that nobody knows": Mail(
        reply(ics(*plain("RECURRENCE-ID;TZID=Customized Time Zone:20261208T100000"))),
        said("reply", "ACCEPTED", recurrence_id=None, verdict="ignore"),
    ),
    "a stamp in a zone": Mail(
        reply(
            ics(*plain()).replace(f"DTSTAMP:{STAMP}", "DTSTAMP;TZID=Europe/Berlin:20261124T110000")
        ),
        YES,
    ),
    "no sequence": Mail(
        reply(ics(*plain()).replace("SEQUENCE:1\r\n", "")),
        said("reply", "ACCEPTED", sequence=0, verdict="stale"),
    ),
    "a negative sequence": Mail(
        reply(ics(*plain(sequence=-3))), said("reply", "ACCEPTED", sequence=0, verdict="stale")
    ),
    "a huge sequence": Mail(
        reply(ics(*plain()).replace("SEQUENCE:1", "SEQUENCE:" + "9" * 5000)),
        said("reply", "ACCEPTED", sequence=2**31, verdict="quarantine"),
    ),
    "METHOD in quotes and lower case": Mail(reply(ics(*plain(), method='"reply"')), YES),
    "a refresh": Mail(
        reply(ics(*plain(status="NEEDS-ACTION"), method="REFRESH")), said("refresh", "NEEDS-ACTION")
    ),
    "delegated": Mail(
        reply(
            ics(*plain()).replace(
                "PARTSTAT=ACCEPTED", 'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:eve@example.net"'
            )
        ),
        said("reply", "DELEGATED", verdict="quarantine"),
    ),
    "through a list with a footer": Mail(
        mail(
            multi(
                "mixed",
                multi("alternative", leaf("text/plain", "x"), cal(ics(*plain()))),
                leaf(
                    "text/plain; charset=us-ascii",
                    "_____\nteam mailing list\nteam@lists.example.net",
                    "Content-Disposition: inline",
                ),
            ),
            "List-Id: <team.lists.example.net>",
            "Precedence: list",
        ),
        YES,
    ),
    "wrapped whole by a list": Mail(
        mail(
            "Content-Type: message/rfc822\n\n" + reply(ics(*plain())).decode(),
            "List-Id: <team.lists.example.net>",
            who="Ann via team <team@lists.example.net>",
        ),
        said("reply", "ACCEPTED", verdict="quarantine"),
    ),
    "a disclaimer around it": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "CAUTION: external sender"),
                multi("mixed", multi("alternative", leaf("text/plain", "x"), cal(ics(*plain())))),
                leaf("text/html", "<p>Scanned</p>"),
            )
        ),
        YES,
    ),
    "signed by S/MIME": Mail(
        mail(
            multi(
                'signed; protocol="application/pkcs7-signature"; micalg=sha-256',
                multi("alternative", leaf("text/plain", "x"), cal(ics(*plain()))),
                leaf('application/pkcs7-signature; name="smime.p7s"', "AAAA"),
            )
        ),
        YES,
    ),
    "signed by PGP": Mail(
        mail(
            multi(
                'signed; protocol="application/pgp-signature"',
                multi("mixed", cal(ics(*plain()))),
                leaf("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"),
            )
        ),
        YES,
    ),
    "a bare calendar": Mail(
        b"\xef\xbb\xbf\r\n" + ics(*plain()).encode(),
        said("reply", "ACCEPTED", verdict="quarantine"),
    ),
    "a bare calendar in UTF-16": Mail(
        ics(*plain()).encode("utf-16"), said("reply", "ACCEPTED", verdict="quarantine")
    ),
}

FOREIGN = said("foreign", verdict="ignore")


def other(method: str, *more: str) -> bytes:
    return mail(
        cal(
            ics(
                "UID:other@example.org",
                f"DTSTAMP:{STAMP}",
                "DTSTART:20261201T090000Z",
                *more,
                method=method,
            ),
            f"text/calendar; method={method}" if method else "text/calendar",
        ),
        "Auto-Submitted: auto-generated",
    )


def component(name: str, method: str = "REPLY") -> bytes:
    return reply(ics(*plain(), method=method).replace("VEVENT", name))


OTHERS = {
    **{
        f"{method} of somebody else": Mail(
            other(method),
            {"kind": "foreign", "method": method, "uid": "other@example.org", "verdict": "ignore"},
        )
        for method in ("REQUEST", "CANCEL", "DECLINECOUNTER", "PUBLISH", "ADD")
    },
    "a ticket without METHOD": Mail(
        other(""), {"kind": "foreign", "method": None, "verdict": "ignore"}
    ),
    "a meeting forward notification": Mail(
        mail(
            multi(
                "mixed",
                leaf(
                    "text/plain",
                    "Your meeting was forwarded\n\nAnn Larch has forwarded your meeting request to additional people.\n\nMeeting\na day\n\nRecipients\nEve",
                ),
                cal(ics(*plain(), method="REQUEST"), "text/calendar; method=REQUEST"),
            ),
            subject="Meeting Forward Notification: a day",
        ),
        {"kind": "foreign", "verdict": "ignore"},
    ),
    "a forward notification in words": Mail(
        mail(
            leaf("text/plain", "Your meeting was forwarded"),
            subject="Meeting Forward Notification: a day",
        ),
        {"kind": "note", "comment": "Your meeting was forwarded"},
    ),
    "a task": Mail(
        component("VTODO"),
        {"kind": "foreign", "reason": "it is about a VTODO, and invites are events"},
    ),
    "free and busy": Mail(component("VFREEBUSY"), {"kind": "foreign", "method": "REPLY"}),
    "no event at all": Mail(
        mail(leaf("text/calendar; method=REPLY", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")),
        {"kind": "unreadable"},
    ),
    "an empty calendar beside words": Mail(
        mail(
            multi(
                "alternative",
                leaf("text/plain", "Thursday instead?"),
                leaf("text/calendar; method=REPLY", ""),
            )
        ),
        {"kind": "note", "comment": "Thursday instead?"},
    ),
    "forwarded as an attachment": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "See below"),
                leaf("message/rfc822", reply(ics(*plain())).decode()),
            ),
            who="ben@example.net",
            subject="Fwd: Accepted",
        ),
        {"kind": "note", "comment": "See below", "uid": None},
    ),
    "a digest": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "Topics: 1"),
                multi("digest", "\n" + reply(ics(*plain())).decode()),
            ),
            "List-Id: <team.lists.example.net>",
            who="team-request@lists.example.net",
            subject="team Digest, Vol 1",
        ),
        {"kind": "note", "uid": None},
    ),
    "a bounce forwarded as an attachment": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "What is this?"),
                leaf(
                    "message/rfc822",
                    "Subject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=q\n\n--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nFinal-Recipient: rfc822; a@b.example\n--q--\n",
                ),
            )
        ),
        {"kind": "note", "comment": "What is this?"},
    ),
    "winmail.dat": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "I will be there"),
                leaf(
                    'application/ms-tnef; name="winmail.dat"',
                    "eJ8+Ig==",
                    "Content-Transfer-Encoding: base64",
                ),
            ),
            subject="Accepted: a day",
        ),
        {"kind": "unreadable", "comment": "I will be there"},
    ),
    "sealed by S/MIME": Mail(
        mail(
            leaf(
                'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
                "MIAG",
                "Content-Transfer-Encoding: base64",
            ),
            subject="Accepted: a day",
        ),
        {"kind": "unreadable"},
    ),
    "sealed by PGP": Mail(
        mail(
            multi(
                'encrypted; protocol="application/pgp-encrypted"',
                leaf("application/pgp-encrypted", "Version: 1"),
                leaf(
                    'application/octet-stream; name="encrypted.asc"', "-----BEGIN PGP MESSAGE-----"
                ),
            )
        ),
        {"kind": "unreadable"},
    ),
    "a file of Outlook's own": Mail(
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 500 + b"\xff" * 500, {"kind": "unreadable"}
    ),
    "nothing": Mail(b"", {"kind": "unreadable"}),
    "line ends and nothing": Mail(b"\r\n\r\n", {"kind": "unreadable"}),
}

QUOTED = f"\n\nOn Tue, 24 Nov 2026 at 09:00, Sojourn <{OURS}> wrote:\n> Invitation\n> a day\n"
NOTES = {
    "Gmail": Mail(
        mail(leaf("text/plain; charset=UTF-8", "Thursday instead?" + QUOTED), "In-Reply-To: <m@x>"),
        {"kind": "note", "comment": "Thursday instead?"},
    ),
    "Gmail in Swedish": Mail(
        mail(
            leaf(
                "text/plain; charset=UTF-8",
                f"Hellre på torsdag\n\nDen tis 24 nov. 2026 kl 09:00 skrev Sojourn <\n{OURS}>:\n\n> Invitation\n",
            )
        ),
        {"kind": "note", "comment": "Hellre på torsdag"},
    ),
    "in Finnish, which nobody taught us": Mail(
        mail(
            leaf(
                "text/plain; charset=UTF-8",
                f"Torstai sopii\n\nti 24. marrask. 2026 klo 9.00 Sojourn ({OURS}) kirjoitti:\n\n> Invitation\n",
            )
        ),
        {"kind": "note", "comment": "Torstai sopii"},
    ),
    "below what it quotes": Mail(
        mail(
            leaf(
                "text/plain",
                "On Tue, 24 Nov 2026, Sojourn wrote:\n> Invitation\n> a day\n\nThursday instead?\n",
            )
        ),
        {"kind": "note", "comment": "Thursday instead?"},
    ),
    "Outlook": Mail(
        mail(
            leaf(
                "text/plain; charset=utf-8",
                "Thursday instead?\r\n\r\n________________________________\r\nFrom: Sojourn <rotations@sojourn.example>\r\nSent: Tuesday, November 24, 2026 9:00 AM\r\nTo: Ann Larch\r\nSubject: Invitation\r\n\r\na day\r\n",
            )
        ),
        {"kind": "note", "comment": "Thursday instead?"},
    ),
    "only HTML": Mail(
        mail(
            leaf(
                "text/html; charset=utf-8",
                "<html><head><style>p {color:red}</style></head><body><div>Thursday&nbsp;&amp; Friday?</div><div>Ann</div><blockquote>Invitation</blockquote></body></html>",
            )
        ),
        {"kind": "note", "comment": "Thursday & Friday?\nAnn"},
    ),
    "through a list": Mail(
        mail(
            leaf("text/plain", "Thursday?"), "Precedence: list", "List-Id: <team.lists.example.net>"
        ),
        {"kind": "note", "comment": "Thursday?"},
    ),
    "from a colleague with a header of Exchange": Mail(
        mail(leaf("text/plain", "Thursday?"), "X-Auto-Response-Suppress: DR, OOF, AutoReply"),
        {"kind": "note", "comment": "Thursday?"},
    ),
}

AWAY = (
    "Automatic reply: Invitation",
    "Out of Office: Invitation",
    "Auto-Reply: x",
    "I'm on vacation until Monday",
    "Automatische Antwort: Einladung",
    "Abwesenheitsnotiz: x",
    "Abwesend bis Montag",
    "Réponse automatique : x",
    "Absence du bureau",
    "Respuesta automática: x",
    "Fuera de la oficina",
    "Risposta automatica: x",
    "Assente dall'ufficio",
    "Automatisch antwoord: x",
    "Afwezig: x",
    "Resposta automática: x",
    "Fora do escritório",
    "Autosvar: x",
    "Automatiskt svar: x",
    "Frånvaro: x",
    "Automatisk svar: x",
    "Fravær: x",
    "Automaattinen vastaus: x",
    "Poissa",
    "Automatyczna odpowiedź: x",
    "Odpowiedź automatyczna: x",
    "Automatická odpověď: x",
    "Mimo kancelář",
    "自動応答: x",
    "不在通知",
    "自动答复: x",
    "자동 회신: x",
    "Автоматический ответ: x",
    "Otomatik Yanıt: x",
    "Automatikus válasz: x",
    "Αυτόματη απάντηση: x",
)
AUTOMATIC = {
    **{
        subject: Mail(
            mail(leaf("text/plain; charset=utf-8", "…"), subject=subject),
            {"kind": "auto-reply", "verdict": "ignore"},
        )
        for subject in AWAY
    },
    "Gmail's responder": Mail(
        mail(
            leaf("text/plain", "Away"),
            "Precedence: bulk",
            "X-Autoreply: yes",
            "Auto-Submitted: auto-replied",
        ),
        {"kind": "auto-reply"},
    ),
    "Exchange's responder": Mail(
        mail(
            leaf("text/plain", "Away"),
            "Return-Path: <>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
        ),
        {"kind": "auto-reply"},
    ),
    "vacation of Unix": Mail(
        mail(leaf("text/plain", "Away"), "Precedence: bulk"), {"kind": "auto-reply"}
    ),
    "that sends the invite back": Mail(
        mail(
            multi(
                "mixed",
                leaf("text/plain", "Away"),
                cal(ics(*plain(), method="REQUEST"), "text/calendar; method=REQUEST"),
            ),
            "Auto-Submitted: auto-replied (vacation)",
        ),
        {"kind": "auto-reply"},
    ),
    "a receipt": Mail(
        mail(
            multi(
                "report; report-type=disposition-notification",
                leaf("text/plain", "was read"),
                leaf(
                    "message/disposition-notification",
                    "Disposition: manual-action/MDN-sent-manually; displayed",
                ),
            )
        ),
        {"kind": "auto-reply"},
    ),
    "a receipt in a wrapper": Mail(
        mail(
            multi(
                "mixed",
                multi(
                    "report; report-type=disposition-notification",
                    leaf("text/plain", "was read"),
                    leaf("message/disposition-notification", "Disposition: x"),
                ),
                leaf("text/plain", "footer"),
            ),
            subject="Read: x",
        ),
        {"kind": "auto-reply"},
    ),
    "BoxTrapper": Mail(
        mail(
            leaf("text/plain", "Reply to verify"),
            subject="Your email requires verification verify#abc",
        ),
        {"kind": "auto-reply"},
    ),
}


def dsn(
    action: str,
    *more: str,
    words: str = "It failed.",
    status: str = "5.1.1",
    who: str = "Mail Delivery System <MAILER-DAEMON@mx.example.net>",
    subject: str = "Undelivered Mail Returned to Sender",
) -> bytes:
    report = f"Reporting-MTA: dns; mx.example.net\nArrival-Date: Tue, 24 Nov 2026 10:00:00 +0000\n\nFinal-Recipient: rfc822; {ANN}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 no\n"
    return mail(
        multi(
            "report; report-type=delivery-status",
            leaf("text/plain; charset=us-ascii", words),
            leaf("message/delivery-status", report),
            *more,
        ),
        "Return-Path: <>",
        "Auto-Submitted: auto-replied",
        who=who,
        subject=subject,
    )


LOST = {"kind": "bounce", "attendee": ANN, "verdict": "ignore"}
RETURNED = leaf(
    "message/rfc822",
    mail(cal(ics(*plain(), method="REQUEST")), "Message-ID: <m1@sojourn.example>").decode(),
)
STILL = "the server is still trying"
PLAIN_TEXT = ("Return-Path: <>",)
BOUNCES = {
    "Postfix": Mail(dsn("failed", RETURNED), LOST | {"uid": UID}),
    "Postfix, delayed": Mail(
        dsn("delayed", status="4.4.1", subject="Delayed Mail (still being retried)"),
        LOST | {"reason": STILL},
    ),
    "relayed": Mail(
        dsn("relayed", status="2.1.5", subject="Successful Mail Delivery Report"),
        LOST | {"reason": "the server says that it handed the mail on"},
    ),
    "expanded": Mail(
        dsn("expanded", status="2.1.5"),
        LOST | {"reason": "the server says that it handed the mail on"},
    ),
    "Exchange": Mail(
        dsn(
            "failed",
            leaf(
                "message/rfc822", "Message-ID: <m1@sojourn.example>\nContent-Type: text/plain\n\nx"
            ),
            who="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.net>",
            subject="Undeliverable: Invitation",
        ),
        LOST,
    ),
    "Gmail": Mail(
        mail(
            multi(
                "report; report-type=delivery-status",
                multi(
                    "related",
                    multi(
                        "alternative",
                        leaf("text/plain", f"** Address not found **\n\n{ANN}"),
                        leaf("text/html", "x"),
                    ),
                    leaf("image/png", "AAAA", "Content-Transfer-Encoding: base64"),
                ),
                leaf(
                    "message/delivery-status",
                    f"Reporting-MTA: dns; googlemail.com\n\nFinal-Recipient: rfc822; {ANN}\nAction: failed\nStatus: 5.1.1\n",
                ),
                leaf("message/rfc822", "Message-ID: <m1@sojourn.example>\n\nx"),
            ),
            "Return-Path: <>",
            f"X-Failed-Recipients: {ANN}",
            "Auto-Submitted: auto-replied",
            who="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Failure)",
        ),
        LOST,
    ),
    "Zimbra with the invite in it": Mail(
        dsn("failed", cal(ics(*plain(), method="REQUEST"), "text/calendar; method=REQUEST")),
        LOST | {"uid": UID},
    ),
    "qmail": Mail(
        mail(
            leaf(
                "text/plain",
                f"Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<{ANN}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <{OURS}>\nMessage-ID: <m1@sojourn.example>\n",
            ),
            *PLAIN_TEXT,
            who="MAILER-DAEMON@mx.example.net",
            subject="failure notice",
        ),
        LOST,
    ),
    "Exim": Mail(
        mail(
            leaf(
                "text/plain",
                f"This message was created automatically by mail delivery software.\n\nA message sent by\n\n  <{OURS}>\n\ncould not be delivered:\n\n  {ANN}\n    host mx: 550\n",
            ),
            *PLAIN_TEXT,
            f"X-Failed-Recipients: {ANN}",
            "Auto-Submitted: auto-replied",
            who="Mail Delivery System <Mailer-Daemon@mx.example.net>",
            subject="Mail delivery failed: returning message to sender",
        ),
        LOST,
    ),
    "Exim, delayed": Mail(
        mail(
            leaf(
                "text/plain",
                f"The address to which the message has not yet been delivered is:\n\n  {ANN}\n",
            ),
            *PLAIN_TEXT,
            who="Mailer-Daemon@mx.example.net",
            subject="Warning: message 1aBcDe-000000 delayed 24 hours",
        ),
        LOST | {"reason": STILL},
    ),
    "Domino": Mail(
        dsn(
            "failed",
            who="Postmaster@example.net",
            subject="DELIVERY FAILURE: User ann not listed in Domino Directory",
        ),
        LOST,
    ),
    "German, without a report": Mail(
        mail(
            leaf("text/plain; charset=utf-8", f"Fehler bei {ANN}"),
            *PLAIN_TEXT,
            who="postmaster@example.net",
            subject="Unzustellbar: Einladung für dich",
        ),
        LOST,
    ),
    "French": Mail(
        mail(
            leaf("text/plain; charset=utf-8", f"Échec : {ANN}"),
            *PLAIN_TEXT,
            who="postmaster@example.net",
            subject="Non remis : Réunion",
        ),
        LOST,
    ),
    "Japanese": Mail(
        mail(
            leaf("text/plain; charset=utf-8", f"{ANN} 宛"),
            *PLAIN_TEXT,
            who="postmaster@example.net",
            subject="配信不能: 招待",
        ),
        LOST,
    ),
    "a status without an action": Mail(dsn("failed").replace(b"Action: failed\n", b""), LOST),
}
