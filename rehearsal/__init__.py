"""A program lived through in a minute: the real process and the real mails, simulated people, virtual time."""
