"""The journey of a call, by the shape of the operation."""

from __future__ import annotations

import json

import aiohttp
import pytest

from adapters.contract import Event
from adapters.errors import BadReply, ConnectionLost
from tests.facade.running import Gateway, until
from tests.facade.scripted import MONEY

ORDER = {"id": 7, "lines": [{"sku": "a"}]}


async def test_a_value(erp: Gateway) -> None:
    erp.script.value = {"amount": MONEY, "big": 2**70}
    answer = await erp.request("POST", "/api/erp/Echo", json=ORDER)
    assert answer.status == 200
    assert answer.body == b'{"amount":12345678901234567890.123456789012345678,"big":1180591620717411303424}\n'
    assert answer.headers["Content-Type"] == "application/json"
    ((name, request),) = erp.script.requests
    assert (name, request.body) == ("Echo", ORDER)
    assert request.correlation_id == answer.headers["X-Correlation-Id"]


async def test_numbers_reach_the_system_with_all_their_digits(erp: Gateway) -> None:
    body = b'{"id":7,"amount":0.10000000000000000000000000001,"lines":[{"sku":"a"}]}'
    await erp.request("POST", "/api/erp/Echo", data=body, headers={"Content-Type": "application/json"})
    assert str(erp.script.requests[0][1].body["amount"]) == "0.10000000000000000000000000001"  # type: ignore[index, call-overload]


async def test_query_as_body(erp: Gateway) -> None:
    answer = await erp.request("GET", "/api/erp/GetOrder?orderId=12&full=true&tag=a&tag=b%20c+d")
    assert answer.status == 200, answer.body
    assert erp.script.requests[0][1].body == {"orderId": 12, "full": True, "tag": ["a", "b c d"]}


async def test_one_way_is_accepted(erp: Gateway) -> None:
    answer = await erp.request("POST", "/api/erp/Notify", json={"x": 1})
    assert (answer.status, answer.body) == (202, b"")


async def test_rows(erp: Gateway) -> None:
    answer = await erp.request("GET", "/api/erp/rows?limit=3")
    assert answer.json == [{"id": 1}, {"id": 2}, {"id": 3}]
    lines = await erp.request("GET", "/api/erp/rows", headers={"Accept": "application/x-ndjson"})
    assert lines.body == b'{"id":1}\n{"id":2}\n{"id":3}\n'
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert erp.script.closed_streams == 2


async def test_no_rows(erp: Gateway) -> None:
    erp.script.blocks = []
    assert (await erp.request("GET", "/api/erp/rows")).body == b"[]\n"
    assert (await erp.request("GET", "/api/erp/rows", headers={"Accept": "application/x-ndjson"})).body == b""


@pytest.mark.parametrize(
    ("content_type", "body", "reached"),
    [
        ("application/json", b'{"id":1}', {"id": 1}),
        ("application/json", b'[{"id":1},{"id":2}]', [{"id": 1}, {"id": 2}]),
        ("application/x-ndjson", b'{"id":1}\n{"id":2}\n', [{"id": 1}, {"id": 2}]),
    ],
)
async def test_batches(erp: Gateway, content_type: str, body: bytes, reached: object) -> None:
    answer = await erp.request("POST", "/api/erp/rows", data=body, headers={"Content-Type": content_type})
    assert answer.status == 201
    assert erp.script.requests[0][1].body == reached


async def test_a_file_as_records(erp: Gateway) -> None:
    answer = await erp.request("GET", "/api/erp/files/a.csv")
    assert answer.json == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    lines = await erp.request("GET", "/api/erp/files/a.csv", headers={"Accept": "application/x-ndjson"})
    assert lines.body == b'{"a":"1","b":"x"}\n{"a":"2","b":"y"}\n'


async def test_a_file_as_it_is(erp: Gateway) -> None:
    erp.script.content_type, erp.script.name, erp.script.size = "text/csv", 'a"\r\nX: y–.csv', 12
    answer = await erp.request("GET", "/api/erp/files/a.csv", headers={"Accept": "text/csv"})
    assert answer.body == b"a,b\n1,x\n2,y\n"
    assert answer.headers["Content-Length"] == "12"
    assert answer.headers["Content-Type"] == "text/csv"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="a___X_ y_.csv"')
    assert "%E2%80%93" in disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_large_file_is_decoded_in_parts(erp: Gateway) -> None:
    erp.script.chunks = [b"a,b\n", *[b"1,x\n" * 10_000 for _ in range(10)]]
    answer = await erp.request("GET", "/api/erp/files/a.csv")
    assert len(answer.json) == 100_000


async def test_records_become_a_file(erp: Gateway) -> None:
    answer = await erp.request("POST", "/api/erp/files", json=[{"a": "1", "b": "x,y"}])
    assert answer.status == 201, answer.body
    assert erp.script.bodies == [b'a,b\r\n1,"x,y"\r\n']


async def test_bytes_pass_as_they_are(erp: Gateway) -> None:
    data = bytes(range(256)) * 1000
    answer = await erp.request("POST", "/api/erp/raw", data=data, headers={"Content-Type": "x/y"})
    assert answer.status == 201, answer.body
    assert erp.script.bodies == [data]
    erp.script.chunks = [data, b"", data]
    assert (await erp.request("GET", "/api/erp/raw/f", headers={"Accept": "image/png"})).body == data * 2


async def test_an_encoded_slash_belongs_to_the_value(erp: Gateway) -> None:
    await erp.request("GET", "/api/erp/raw/a%2Fb%20%C3%A9%25")
    assert erp.script.requests[0][1].parameters == {"file": "a/b é%"}
    await erp.request("GET", "/api/erp/tree/a/b%2Fc/d")
    assert erp.script.requests[1][1].parameters == {"path": "a/b/c/d"}
    assert (await erp.request("GET", "/api/%65rp/r%6Fws")).status == 200


async def test_last_value(erp: Gateway) -> None:
    erp.script.chunks = [b' {"t": 21.50} ']
    assert (await erp.request("GET", "/api/erp/topic/7")).body == b'{"t":21.50}\n'
    erp.script.chunks = [b"21.50"]
    assert (await erp.request("GET", "/api/erp/topic/7")).body == b"21.50\n"
    erp.script.chunks = [b"21,50"]
    problem = (await erp.request("GET", "/api/erp/topic/7")).problem(502, "bad-reply")
    assert problem["errors"][0]["rule"] == "syntax"


async def test_events(erp: Gateway) -> None:
    for number, data in ((1, b'{\n"t": 1.0}'), (2, b"rubbish"), (3, b"[3]")):
        erp.script.events.put_nowait(Event(f"{number}\n", data))
    erp.script.events.put_nowait(ConnectionLost("the broker has gone"))
    accept = {"Accept": "text/event-stream"}
    received = bytearray()
    async with erp.session.get(erp.url + "/api/erp/topic/7", headers=accept) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        with pytest.raises(aiohttp.ClientPayloadError):
            await _collect(answer, received)
    assert received == (
        b': connected\n\nid: 1\ndata: {"t":1.0}\n\n'
        b'event: unreadable\nid: 2\ndata: {"detail":"not JSON: Expecting value","rule":"syntax",'
        b'"line":1,"column":1,"byte_offset":0}\n\n'
        b"id: 3\ndata: [3]\n\n"
    )
    assert erp.script.closed_streams == 1


async def test_events_from_several_sources_say_which(gateway: Gateway) -> None:
    await gateway.start(keys={"javascript": (["*:read"], "string")})
    for path, key, expected in (
        (
            "topic",
            gateway.key,
            b'id: 1\ndata: {"source":"line/1","value":21.50}\n\n'
            b'event: unreadable\nid: 2\ndata: {"source":"line/2","detail":"not JSON: Expecting value",'
            b'"rule":"syntax","line":1,"column":1,"byte_offset":0}\n\n',
        ),
        ("topic", gateway.other_keys["javascript"], b'id: 1\ndata: {"source":"line/1","value":"21.50"}\n\n'),
        ("raw", gateway.key, b'id: 1\ndata: {"source":"line/1","value":"MjEuNTA="}\n\n'),
    ):
        gateway.script.events.put_nowait(Event("1", b"21.50", source="line/1"))
        gateway.script.events.put_nowait(Event("2", b"", source="line/2"))
        gateway.script.events.put_nowait(ConnectionLost("the broker has gone"))
        accept = {"Accept": "text/event-stream", "X-API-Key": key}
        received = bytearray()
        async with gateway.session.get(f"{gateway.url}/api/erp/{path}", headers=accept) as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await _collect(answer, received)
        assert received.startswith(b": connected\n\n" + expected), received


# What is sent, as which media type, and the bytes that the system gets.
PUBLISHED = [
    pytest.param(b"21.50", "json", b"21.50", id="number"),
    pytest.param(b'"running"', "json", b'"running"', id="text"),
    pytest.param(b"true", "json", b"true", id="true"),
    pytest.param(b"null", "json", b"null", id="null"),
    pytest.param(b'{"t": 1}', "json", b'{"t":1}', id="object"),
    pytest.param(b"[]", "json", b"[]", id="empty array"),
    pytest.param(b"[ 1 ]", "json", b"[1]", id="array of one"),
    pytest.param(b"[[1]]", "json", b"[[1]]", id="array in an array"),
    pytest.param(b"12345678901234567890.1234567890", "json", b"12345678901234567890.1234567890", id="digits"),
    pytest.param(b"21.50\n", "x-ndjson", b"21.50", id="one line"),
    pytest.param(b"[1,2]\n", "x-ndjson", b"[1,2]", id="one line that is an array"),
    pytest.param(b"1\n2\n", "x-ndjson", b"[1,2]", id="two lines"),
    pytest.param(b"", "x-ndjson", b"[]", id="no line"),
]


@pytest.mark.parametrize(("body", "media_type", "bytes_"), PUBLISHED)
async def test_a_json_port_takes_any_value_as_it_is(
    erp: Gateway, body: bytes, media_type: str, bytes_: bytes
) -> None:
    headers = {"Content-Type": f"application/{media_type}"}
    answer = await erp.request("POST", "/api/erp/topic", data=body, headers=headers)
    assert answer.status == 200, answer.body
    assert erp.script.bodies == [bytes_]
    # What was written is read back as the same value.
    erp.script.chunks = [bytes_]
    last = await erp.request("GET", "/api/erp/topic/7")
    assert (last.status, last.body) == (200, bytes_ + b"\n")


@pytest.mark.parametrize(
    ("body", "rule"), [(b"", None), (b"tru", "syntax"), (b"1 2", "syntax"), (b"NaN", "not-a-number")]
)
async def test_a_json_port_refuses_what_is_no_json_value(erp: Gateway, body: bytes, rule: str | None) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await erp.request("POST", "/api/erp/topic", data=body, headers=headers)
    problem = answer.problem(400, "malformed-body")
    assert rule is None or problem["errors"][0]["rule"] == rule
    assert erp.script.bodies == []


async def test_a_json_value_as_lines(erp: Gateway) -> None:
    accept = {"Accept": "application/x-ndjson"}
    for data, lines in ((b"21.50", b"21.50\n"), (b"[1,[2]]", b"1\n[2]\n"), (b'{"a":1}', b'{"a":1}\n')):
        erp.script.chunks = [data]
        assert (await erp.request("GET", "/api/erp/topic/7", headers=accept)).body == lines


async def test_events_end_when_the_client_leaves(erp: Gateway) -> None:
    accept = {"Accept": "text/event-stream"}
    async with erp.session.get(erp.url + "/api/erp/topic/7", headers=accept) as answer:
        await answer.content.readany()
        answer.close()
    await until(lambda: erp.script.closed_streams == 1)


async def test_numbers_as_strings(gateway: Gateway) -> None:
    erp = gateway
    await erp.start(keys={"javascript": (["*:read", "*:write"], "string")})
    key = erp.other_keys["javascript"]
    erp.script.value = {"a": MONEY, "1": [1, -2.5e10, "3", True, None], 'q"\\': "-4"}
    answer = await erp.request("POST", "/api/erp/Echo", json=ORDER, key=key)
    assert answer.json == {
        "a": str(MONEY),
        "1": ["1", "-25000000000.0", "3", True, None],
        'q"\\': "-4",
    }
    assert (await erp.request("GET", "/api/erp/rows", key=key)).json == [
        {"id": "1"},
        {"id": "2"},
        {"id": "3"},
    ]
    erp.script.chunks = [b'{"t": 21.50}']
    assert (await erp.request("GET", "/api/erp/topic/7", key=key)).json == {"t": "21.50"}


async def test_a_stream_that_fails_is_broken_off(erp: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    erp.script.blocks = [b'{"id":1}\n', BadReply("the peer sent rubbish")]
    raw = await erp.raw(_get("/api/erp/rows", erp.key))
    assert b'[{"id":1}' in raw
    assert not raw.endswith(b"0\r\n\r\n")


async def test_a_stream_that_fails_at_once_is_a_problem(erp: Gateway) -> None:
    erp.script.blocks = [BadReply("the peer sent rubbish")]
    (await erp.request("GET", "/api/erp/rows")).problem(502, "bad-reply")
    erp.script.chunks = [b"a,b\n1,x\n", b'2,"y\n']
    problem = (await erp.request("GET", "/api/erp/files/f")).problem(502, "bad-reply")
    assert problem["errors"][0]["rule"]


@pytest.mark.parametrize("announced", [5, 1000])
async def test_a_stream_of_another_length_than_announced_is_broken_off(erp: Gateway, announced: int) -> None:
    erp.script.size = announced
    raw = await erp.raw(_get("/api/erp/raw/f", erp.key))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert f"Content-Length: {announced}".encode() in head or not raw
    assert len(body) < announced


async def test_head_and_options(erp: Gateway) -> None:
    head = await erp.request("HEAD", "/api/erp/rows")
    assert (head.status, head.body, head.headers["Content-Type"]) == (200, b"", "application/json")
    assert erp.script.closed_streams == 1
    options = await erp.request("OPTIONS", "/api/erp/rows")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (await erp.request("HEAD", "/health/live")).status == 200
    events = await erp.request("HEAD", "/api/erp/topic/7", headers={"Accept": "text/event-stream"})
    assert events.headers["Content-Type"] == "text/event-stream"


async def test_protocol_headers_cannot_split_the_answer(erp: Gateway) -> None:
    erp.script.reply_headers = {"mqtt.topic": "a\r\nSet-Cookie: x=1", "soap.note": "é"}
    answer = await erp.request("POST", "/api/erp/Echo", json=ORDER)
    assert answer.headers["X-Mqtt-Topic"] == "a%0D%0ASet-Cookie: x=1"
    assert answer.headers["X-Soap-Note"] == "%C3%A9"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("offered", "kept"),
    [("order-4711", True), ("a" * 129, False), ("a b", False), ("é", False), ("<script>", False)],
)
async def test_correlation_id(erp: Gateway, offered: str, kept: bool) -> None:
    answer = await erp.request("GET", "/api/nothing", headers={"X-Correlation-Id": offered})
    assert (answer.headers["X-Correlation-Id"] == offered) is kept
    assert answer.json["correlation_id"] == answer.headers["X-Correlation-Id"]


async def test_accept(erp: Gateway) -> None:
    for accept, media_type in (
        ("application/x-ndjson;q=0.9, application/json;q=0.1", "application/x-ndjson"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/json;q=0, */*", "application/x-ndjson"),
        ("APPLICATION/JSON", "application/json"),
    ):
        answer = await erp.request("GET", "/api/erp/rows", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == media_type, accept


async def test_a_large_body_with_expect(erp: Gateway) -> None:
    order = {**ORDER, "lines": [{"sku": "x" * 100}] * 5000}
    answer = await erp.request(
        "POST", "/api/erp/Echo", data=json.dumps(order), expect100=True,
        headers={"Content-Type": "application/json; charset=UTF-8"},
    )  # fmt: skip
    assert answer.status == 200, answer.body
    assert erp.script.requests[0][1].body == order


async def _collect(answer: aiohttp.ClientResponse, into: bytearray) -> None:
    async for chunk in answer.content.iter_any():
        into += chunk


def _get(path: str, key: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n".encode()
