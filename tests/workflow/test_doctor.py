"""The doctor finds nothing where all is well, and names each part that is not."""

from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from cli.doctor import examine
from settings import Settings
from tests.migrated import give_schema
from tests.servers import free_port
from tests.workflow.company import a_company
from wiring import Office


async def test_a_running_installation_is_well(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with a_company(temporal, tmp_path) as company:
        findings = await examine(company.office)

    assert [f.what for f in findings if not f.well] == []
    assert {f.what for f in findings} == {
        "database",
        "mail server",
        "mailbox",
        "mail process",
        "mails waiting",
        "mails not understood",
        "calendars",
        "Temporal",
        "search attributes",
        "workers",
    }


async def test_each_part_that_is_away_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(
        local=True,
        data=tmp_path,
        organiser="rotations@mill.example",
        temporal=f"127.0.0.1:{free_port()}",
        smtp_port=free_port(),
        imap_host="127.0.0.1",
        imap_port=free_port(),
        imap_tls=False,
    )
    office = Office(settings)
    give_schema(office.engine)

    ill = {f.what: f.remedy for f in await examine(office) if not f.well}

    assert ill.keys() == {"mail server", "mailbox", "mail process", "Temporal"}
    assert "SOJOURN_IMAP_HOST" in ill["mailbox"]
    assert "sojourn mail serve" in ill["mail process"]


async def test_an_old_schema_is_named_first(tmp_path: Path) -> None:
    settings = Settings(local=True, data=tmp_path, organiser="rotations@mill.example")

    first, *_ = await examine(Office(settings))

    assert first.remedy == "run: sojourn migrate"
