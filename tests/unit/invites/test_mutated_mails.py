"""Ten thousand mails that nobody would write: each is read, and none for an error of ours."""

from tests.unit.invites.mutations import read_all

MAILS = 10_000


def test_no_mutation_of_a_mail_stops_its_reader() -> None:
    broken = [
        (read.reason, raw)
        for _, raw, read in read_all(MAILS, seed=1)
        if read.reason.startswith("it can't be read (") or not read.model_dump_json().encode()
    ]

    assert broken == []
