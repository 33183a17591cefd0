"""What was said around sessions: how it is answered, never its words."""

from cli.options import Json, RotationArg, office
from cli.showing import as_json, console, table


def list_voices(rotation: RotationArg, json: Json = False) -> None:
    """List the points of a rotation with their answers; who said them only where sessions are by name.

    Points of anonymous sessions appear when the visitor may read them, and never with a writer.

    Example: sojourn voices abcd2345 --json
    """
    found = office()
    points = found.hearing.listed(rotation, found.now())
    if json:
        as_json(points)
        return
    if not points:
        console.print("Nothing was said yet that the visitor may read.")
        return
    rows = [
        (
            point.step,
            point.mode.value,
            found.views.named(point.by) or "-",
            point.disposition or "open",
            point.change or "-",
            point.reason,
        )
        for point in points
    ]
    table("What should be heard", ("session", "taken", "by", "answer", "change", "reason"), rows)
