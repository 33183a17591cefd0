"""Commands whose modules are imported only when somebody asks for them: a listing needs no web server."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

Commands = Mapping[str, str | typer.Typer]
"""What stands behind each name: ``module:function`` or ``module:app`` of this package, or a group."""


def group(help_text: str, commands: Commands) -> typer.Typer:
    """Return a group of these commands, in this order."""

    class Group(TyperGroup):
        def __init__(self, **facts: Any) -> None:
            super().__init__(**facts | {"commands": _OnDemand(commands)})

    app = _app(cls=Group, no_args_is_help=True, help=help_text)
    app.callback()(_nothing)
    return app


class _OnDemand(Mapping[str, Any]):
    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def __getitem__(self, name: str) -> Any:
        return _loaded(self._commands[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


@cache
def _loaded(target: str | typer.Typer, name: str) -> Any:
    found = _named(target) if isinstance(target, str) else target
    command = get_group(found) if isinstance(found, typer.Typer) else _alone(found, name)
    command.name = name
    return command


def _alone(function: Callable[..., None], name: str) -> Any:
    app = _app()
    app.command(name)(function)
    return get_command(app)


def _named(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(f"{__package__}.{module}"), attribute)


def _app(**facts: Any) -> typer.Typer:
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, **facts)


def _nothing() -> None:
    pass
