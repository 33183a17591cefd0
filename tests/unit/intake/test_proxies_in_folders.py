"""The column ``proxy`` of people.csv: who may answer for somebody without mail, and who may not."""

import csv
from pathlib import Path

import pytest

from domain.folder import Folder, Rejection
from intake.folder import read_folder
from tests.mill import NINA, PAUL, PEOPLE, write_folder
from tests.unit.intake.test_folder import TODAY


def read(folder: Path, without_mail: str, **proxies: str) -> Folder | tuple[Rejection, ...]:
    """The mill, with these proxies by id."""
    write_folder(folder, people=PEOPLE + PAUL + NINA)
    header, *rows = csv.reader((folder / "people.csv").read_text().splitlines())
    for row in rows:
        row[2] = "" if row[0] in without_mail.split() else row[2]
        row.append(proxies.get(row[0], ""))
    with (folder / "people.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([[*header, "proxy"], *rows])
    return read_folder(folder, today=TODAY)


def test_a_proxy_is_named_by_id_and_may_be_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "paul", paul="nina")

    assert isinstance(found, Folder)
    assert {person.key: person.proxy for person in found.people if person.proxy} == {"paul": "nina"}


@pytest.mark.parametrize(
    ("without_mail", "paul", "problem", "remedy"),
    [
        ("paul", "nino", "there is no person 'nino'", "did you mean 'nina'?"),
        ("", "nina", "'paul' has a mail address and answers in their own mail", "leave it empty"),
        ("paul nina", "nina", "'nina' has no mail address", "name somebody who has one"),
        ("paul", "paul", "'paul' has no mail address", "name somebody who has one"),
        ("paul", "vera", "'vera' visits others in this program", "name somebody who visits nobody"),
    ],
)
def test_who_can_be_no_proxy_is_refused_with_line_and_remedy(
    tmp_path: Path, without_mail: str, paul: str, problem: str, remedy: str
) -> None:
    found = read(tmp_path, without_mail, paul=paul)

    assert not isinstance(found, Folder)
    (wrong,) = found
    assert (wrong.file, wrong.line, wrong.field) == ("people.csv", 7, "proxy")
    assert problem in wrong.problem
    assert remedy in wrong.remedy
