"""`gateway mapping infer`: what it prints loads and reads the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.cli.command import Result, gateway, gateway_here

CSV = "number,day,amount\r\n" + "".join(f"{at},2026-11-{at:02},{at}.50\r\n" for at in range(1, 29))
COPYBOOK = """\
       01 CUSTOMER.
          05 NUMBER-OF        PIC 9(4).
          05 NAME             PIC X(6).
          05 BALANCE          PIC S9(5)V99 COMP-3.
"""


def infer(folder: Path, *arguments: str) -> Result:
    return gateway_here("mapping", "infer", *arguments, cwd=folder)


def test_the_draft_loads_and_reads_the_sample(tmp_path: Path) -> None:
    (tmp_path / "Orders 2026.csv").write_bytes(CSV.encode())
    done = gateway("mapping", "infer", "Orders 2026.csv", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "\norders-2026:\n  format: delimited\n" in done.out
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "orders.yaml").write_text(done.out)
    converted = gateway_here("convert", "orders-2026", "Orders 2026.csv", cwd=tmp_path)
    assert (converted.code, converted.err) == (0, "")
    assert converted.out.splitlines()[0] == '{"number":1,"day":"2026-11-01","amount":1.50}'


def test_a_name_and_several_samples(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("k,v\n1,2\n")
    (tmp_path / "b.csv").write_text("k,v\n2,x\n")
    done = infer(tmp_path, "a.csv", "b.csv", "--name", "pairs")
    assert "\npairs:\n" in done.out
    assert "    v: {}" in done.out


@pytest.mark.parametrize("blocked", [False, True], ids=["F", "VB"])
def test_with_a_copybook(tmp_path: Path, blocked: bool) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "customer.cpy").write_text(COPYBOOK)
    record = "0042Meyer ".encode("cp037") + bytes.fromhex("0012345d")
    data = record * 5
    if blocked:
        words = (b"\x00\x12\0\0" + record) * 5
        data = (len(words) + 4).to_bytes(2, "big") + b"\0\0" + words
    (tmp_path / "customers").write_bytes(data)
    done = infer(tmp_path, "customers", "--copybook", "books/customer.cpy")
    assert (done.code, done.err) == (0, "")
    assert "copybook: books/customer.cpy" in done.out
    assert ("record_format: VB" in done.out) is blocked
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "m.yaml").write_text(done.out)
    converted = gateway_here("convert", "customers", "customers", cwd=tmp_path)
    assert (converted.code, converted.err) == (0, "")
    assert converted.out == '{"NUMBER-OF":42,"NAME":"Meyer","BALANCE":-123.45}\n' * 5


REFUSED = {
    "no-sample": ([], 2, "Missing argument 'SAMPLE...'"),
    "missing": (["nothing"], 1, "nothing: No such file"),
    "empty": (["empty"], 1, "empty: is empty"),
    "codepage": (["empty", "--codepage", "cp38"], 2, "allowed: us-ascii"),
    "copybook-missing": (["empty", "--copybook", "b.cpy"], 1, "b.cpy: does not exist"),
}


@pytest.mark.parametrize(("arguments", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, arguments: list[str], code: int, reason: str) -> None:
    (tmp_path / "empty").write_text("")
    done = infer(tmp_path, *arguments)
    assert done.code == code
    assert reason in " ".join(done.err.split())
