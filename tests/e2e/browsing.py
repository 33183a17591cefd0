"""What every page is looked at for: faults of accessibility, and whether it fits a phone."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()


def faults(page: Page) -> list[str]:
    page.wait_for_load_state("load")
    page.evaluate(AXE)
    found: list[str] = page.evaluate(
        "axe.run(document).then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))"
    )
    return found


def overflows(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return found


def faults_everywhere(page: Page) -> list[str]:
    """Return the faults of the open page on a desk, and whether it is too wide for 320 px."""
    page.set_viewport_size({"width": 1200, "height": 900})
    problems = faults(page)
    page.set_viewport_size({"width": 320, "height": 700})
    return [*problems, *(["wider than 320 px"] if overflows(page) else [])]
