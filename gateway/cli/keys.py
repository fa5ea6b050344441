"""`gateway keys`: the API keys in the state folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.failure import INPUT, USAGE, Failure
from gateway.cli.reporting import print_json, refuse
from gateway.config import ConfigurationError, load_gateway, system_names
from gateway.config.suggest import listing, suggestion
from gateway.security import Key, KeyStore, KeyStoreError, Numbers, Scope, UnknownKey, parse_scopes

_NUMBERS: dict[str, Numbers] = {"json": "json", "string": "string"}
# What is not a system: messages and flows under /api, and what an operator sees of the gateway itself.
_OWN = ("messages:read", "messages:write", "flows:read", "flows:write", "gateway:read")


def create(directory: Path, name: str, scopes: Sequence[str], numbers: str, as_json: bool) -> int:
    """Make a key; its text is on standard output, alone, so that scripts can take it."""
    spelling = _NUMBERS.get(numbers)
    if spelling is None:
        raise Failure(f"--numbers {numbers} is neither json nor string", USAGE)
    try:
        wanted = parse_scopes(scopes)
    except ValueError as error:
        raise Failure(str(error), USAGE) from error
    store = _store(directory)
    _check_systems(directory, wanted)
    _tell_of_namesakes(store, name)
    try:
        key, text = store.create(name, wanted, numbers=spelling)
    except ValueError as error:
        raise Failure(str(error), USAGE) from error
    except KeyStoreError as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json({**_member(key), "key": text})
    else:
        typer.echo(f"Key {key.id} for {key.name}. It is shown this once; keep it safe.", err=True)
        typer.echo(text)
    return 0


def _check_systems(directory: Path, scopes: Sequence[Scope]) -> None:
    """A right to what is not there is a slip. While files cannot be read, nobody knows what is there.

    Raises: Failure.
    """
    known, all_known = system_names(directory)
    for scope in scopes:
        if scope.system in (*known, "*") or str(scope) in _OWN:
            continue
        near = suggestion(str(scope), [*_OWN, *(f"{name}:{scope.access}" for name in known)])
        if not all_known:
            typer.echo(f"warning: no system {scope.system} can be found; {near}".rstrip("; "), err=True)
            continue
        raise Failure(
            f"there is nothing that {scope} is a right to, and no key was made; {near}"
            f"systems: {listing(known) or 'none yet'}; beside these there are {', '.join(_OWN)}"
        )


def _tell_of_namesakes(store: KeyStore, name: str) -> None:
    """Two programs may share a name; two keys of one program are often one too many."""
    namesakes = [key.id for key in _keys(store) if key.name == name]
    if namesakes:
        also = f"there is already a key named {name}: {listing(namesakes)}"
        typer.echo(f"warning: {also}; it stays valid until `gateway keys revoke ID`", err=True)


def show(directory: Path, as_json: bool) -> int:
    """List the keys."""
    keys = _keys(_store(directory))
    if as_json:
        print_json([_member(key) for key in keys])
        return 0
    if not keys:
        typer.echo("No keys yet. Make one: gateway keys create NAME --scope SYSTEM:read", err=True)
        return 0
    table = Table("id", "name", "scopes", "numbers", "created", box=None, pad_edge=False)
    for key in keys:
        scopes = " ".join(map(str, key.scopes))
        # As Text, because rich would take brackets in a name for markup.
        table.add_row(*(Text(part) for part in (key.id, key.name, scopes, key.numbers, key.created)))
    Console().print(table)
    return 0


def revoke(directory: Path, key_id: str, as_json: bool) -> int:
    """Remove a key."""
    store = _store(directory)
    try:
        key = store.revoke(key_id)
    except UnknownKey as error:
        near = suggestion(key_id, [key.id for key in _keys(store)])
        raise Failure(f"there is no key {key_id}; {near}`gateway keys list` shows all") from error
    except KeyStoreError as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json(_member(key))
    else:
        typer.echo(f"Key {key.id} of {key.name} is revoked; a running gateway refuses it within a second.")
    return 0


def _store(directory: Path) -> KeyStore:
    try:
        return KeyStore(load_gateway(directory).keys_file)
    except ConfigurationError as error:
        refuse(error.problems)
        raise typer.Exit(INPUT) from None


def _keys(store: KeyStore) -> tuple[Key, ...]:
    try:
        return store.list()
    except KeyStoreError as error:
        raise Failure(str(error)) from error


def _member(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": [str(scope) for scope in key.scopes],
        "numbers": key.numbers,
        "created": key.created,
    }
