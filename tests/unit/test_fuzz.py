"""Every parser of foreign text, fed with damaged samples: the error it promises, or a value, in bounded time.

`make test` tries a few thousand inputs, `make test-long` a hundred times as many. A failure prints the input.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.odbc.grammar import GrammarError, parse_filter, parse_logic, parse_order, parse_select
from gateway.config import ConfigurationError, Problem, load
from mappings.contract import Context, MappingError
from mappings.formats import built_in
from mappings.json import decode, encode
from mappings.xml import parse_xml

SEED = int(os.environ.get("GATEWAY_FUZZ_SEED", random.randrange(2**32)))
MAX_S = 1.0
_PIECES = [
    *(bytes([byte]) for byte in b"\x00\t\n\r \"'(),.-+*%&;:<>=[]{}\\/#!|~0179aeENX"),
    *(b"null", b"NaN", b"-0", b"1e999", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"${env:X}"),
    *(b"<!--", b"<![CDATA[", b"]]>", b"&#x0;", b"&amp;", b"<!DOCTYPE", b"not.", b"and=(", b"in.(", b"*"),
]


def _damaged(sample: bytes, chance: random.Random) -> bytes:
    data = bytearray(sample)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at] = chance.choice(_PIECES)
        elif kind == 1:
            del data[at : at + chance.randint(1, 8)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randint(1, 40)] * chance.randint(1, 5)
        elif data:
            data[at % len(data)] = chance.randrange(256)
    return bytes(data)


def _json(data: bytes) -> None:
    value = decode(data)
    assert decode(encode(value)) == value


def _format(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        format_ = built_in(name)
        assert format_ is not None
        decoder = format_.decoder(Context())
        decoder.feed(data)
        decoder.finish()

    return read


def _xml(data: bytes) -> None:
    parse_xml(data, max_bytes=1 << 20, max_depth=64)


def _text(parse: Callable[[str], object]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        parse(data.decode(errors="replace"))

    return read


_FILTERS = [b"eq.5", b'not.in.(1,"a,b",3)', b"like.*x*", b"is.null"]
_LOGIC = [b"(id.eq.1,or(name.like.a*,not.and(amount.gt.1.5,id.in.(1,2))))"]
PARSERS: dict[str, tuple[Callable[[bytes], None], type[Exception], list[bytes]]] = {
    "json": (
        _json,
        MappingError,
        [b'{"a":[1,2.50,"x\\u00e9",null,true],"b":{"c":-1e3}}', b'[[{"k":"v"}],0.1]'],
    ),
    "csv": (_format("csv"), MappingError, [b'a,b\r\n1,"x ""y"" z"\r\n2,\r\n', b"name\nM\xc3\xbcller\n"]),
    "ndjson": (_format("ndjson"), MappingError, [b'{"a":1}\n{"a":"two"}\n', b"[1]\n\n2"]),
    "xml": (_xml, MappingError, [b'<a xmlns="urn:x"><b c="1">t &amp; u</b><!-- x --><d/></a>']),
    "select": (_text(parse_select), GrammarError, [b"id,alias:name,amount"]),
    "order": (_text(parse_order), GrammarError, [b"id.desc.nullslast,name.asc"]),
    "filter": (_text(partial(parse_filter, "id")), GrammarError, _FILTERS),
    "logic": (_text(partial(parse_logic, "and")), GrammarError, _LOGIC),
}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("count", [2_000, pytest.param(200_000, marks=pytest.mark.long)])
def test_damaged_samples(name: str, count: int) -> None:
    parse, expected, samples = PARSERS[name]
    chance = random.Random(SEED)
    for _ in range(count):
        data = _damaged(chance.choice(samples), chance)
        started = time.perf_counter()
        try:
            parse(data)
        except expected:
            pass
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert time.perf_counter() - started < MAX_S, f"seed {SEED}: {data!r} took too long"


CONFIGURATION = b"""erp:
  adapter: mqtt
  broker: mqtt://127.0.0.1:1883
  channels:
    temperature: {topic: "plant/{line}/t", qos: 1, format: json}
  timeout_s: 20
"""


@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.long)])
def test_damaged_configurations(count: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    (tmp_path / "gateway.yaml").write_text("listen: 127.0.0.1:8080\n")
    (tmp_path / "systems").mkdir()
    for _ in range(count):
        data = _damaged(CONFIGURATION, chance)
        (tmp_path / "systems" / "all.yaml").write_bytes(data)
        problems: tuple[Problem, ...] = ()
        try:
            load(tmp_path, {})
        except ConfigurationError as error:
            problems = error.problems
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r} raised {error!r}") from error
        assert all(problem.line >= 1 and problem.column >= 1 for problem in problems), data
