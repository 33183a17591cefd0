"""Coverage and portfolios in headless Chromium, on a desk and a phone, light and dark."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from tests.covered import Covered
from tests.e2e.browsing import faults_everywhere
from tests.servers import free_port
from tests.waiting import until
from web.app import create_app
from web.services import services_of
from workflows import handles


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    visit = Covered(tmp_path_factory.mktemp("covered"))
    client = asyncio.run(handles.connect(visit.office.settings.temporal, "default"))
    port, app = free_port(), create_app(services_of(visit.office, client))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    asyncio.run(until(lambda: server.started))
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/coverage/full?visits=program", "/portfolio/full", "/shared/full"]
)
def test_everybody_can_read_it_on_any_screen(
    address: str, chromium: Browser, scheme: str, path: str
) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address + path)

    problems = faults_everywhere(page)

    if os.environ.get("SHOTS"):
        page.screenshot(
            path=Path(os.environ["SHOTS"]) / f"{path[1:5]}-{scheme}.png", full_page=True
        )
        page.set_viewport_size({"width": 1200, "height": 900})
        page.screenshot(
            path=Path(os.environ["SHOTS"]) / f"{path[1:5]}-{scheme}-wide.png", full_page=True
        )
    context.close()
    assert problems == []
