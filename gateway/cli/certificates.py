"""`gateway certs`: a local certificate authority and server certificates."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from certs import Authority, AuthorityError
from gateway.cli.failure import Failure
from gateway.cli.reporting import print_json


def init(directory: Path, folder: Path, only: Sequence[str], as_json: bool) -> int:
    """Make the authority."""
    try:
        authority = Authority.create(directory / folder, permitted=only)
    except AuthorityError as error:
        raise Failure(str(error)) from error
    if as_json:
        expires = authority.expires.isoformat()
        print_json({"certificate": str(authority.certificate_path), "expires": expires, "only": list(only)})
        return 0
    typer.echo(
        f"{authority.certificate_path}  for clients to trust, valid until {authority.expires:%Y-%m-%d}"
    )
    typer.echo(f"{authority.folder / 'ca.key'}  its key: whoever has it can impersonate; keep it here")
    typer.echo("Next: gateway certs issue HOST...")
    return 0


def issue(directory: Path, folder: Path, hosts: Sequence[str], days: int, as_json: bool) -> int:
    """Make a server certificate and say how to use it."""
    try:
        issued = Authority.open(directory / folder).issue(hosts, days=days)
    except AuthorityError as error:
        raise Failure(str(error)) from error
    # Relative paths in gateway.yaml lie below the configuration folder.
    certificate, key = (os.path.relpath(path, directory) for path in (issued.certificate, issued.key))
    if as_json:
        expires = issued.expires.isoformat()
        paths = {"certificate": str(issued.certificate), "key": str(issued.key)}
        print_json({**paths, "hosts": list(issued.hosts), "expires": expires})
        return 0
    typer.echo(f"{issued.certificate}  for {', '.join(issued.hosts)}, valid until {issued.expires:%Y-%m-%d}")
    typer.echo(f"{issued.key}  its key")
    typer.echo(f"In gateway.yaml:\n  tls: {{certificate: {certificate}, key: {key}}}")
    trusted = directory / folder / "ca.crt"
    typer.echo(f"Clients: curl --cacert {trusted} https://{_in_url(issued.hosts[0])}:PORT/health/live")
    return 0


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
