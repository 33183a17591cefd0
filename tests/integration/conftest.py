"""A visit of the example that is going on, and a browser of its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.visit import Visit
from web.app import create_app
from web.services import services_of
from workflows import handles


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path)


@pytest.fixture
async def browser(visit: Visit) -> AsyncIterator[httpx.AsyncClient]:
    async with pages_of(visit) as opened:
        yield opened


@asynccontextmanager
async def pages_of(visit: Visit) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of the pages of a visit."""
    client = await handles.connect(visit.office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(visit.office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened
