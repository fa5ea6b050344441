"""`gateway numbers`: the control numbers of interchanges, and where they go on."""

from __future__ import annotations

from pathlib import Path

import typer

from gateway.cli.reporting import print_json
from gateway.cli.running import ask


def show(directory: Path, as_json: bool) -> int:
    """List the counters with the number that each has used last."""
    answer = ask(directory, lambda client: client.get("/numbers"), as_json=as_json)
    if as_json:
        print_json(answer)
        return 0
    numbers = answer["numbers"]
    width = max((len(str(each["last"])) for each in numbers), default=0)
    for each in numbers:
        typer.echo(f"{each['last']:>{width}}  {each['counter']}")
    if not numbers:
        typer.echo("No control number has been used.", err=True)
    return 0


def put(directory: Path, counter: str, last: int, back: bool, as_json: bool) -> int:
    """Have a counter go on behind a number."""
    sent = {"counter": counter, "last": str(last), "back": "true" if back else "false"}
    answer = ask(directory, lambda client: client.post("/numbers", sent), as_json=as_json)
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"The next number of {counter} is {answer['next']}.")
        if answer["new"]:
            typer.echo(
                "This counter is new: nothing has been counted under this name, which has to be the one that "
                "`gateway numbers list` will show.",
                err=True,
            )
    return 0
