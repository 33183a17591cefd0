"""Invites and letters out, answers in: iCalendar, iTIP, MIME, SMTP and IMAP."""
