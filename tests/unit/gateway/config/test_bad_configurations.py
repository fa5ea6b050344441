"""Bad configurations: each is refused at the exact place, with the rule or with what is allowed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.catalogue import Catalogue
from gateway.config import examine
from tests.unit.gateway.config.folder import ENVIRON, PLANT, place, problems, write


@dataclass(frozen=True)
class Bad:
    """One bad file: where the problem must point, and what its message must contain."""

    id: str
    file: str
    content: str | bytes
    where: str
    says: str


def plant(line: str) -> str:
    """The good system with one more line at its end."""
    return f"{PLANT}  {line}\n"


G, S, M, R = "gateway.yaml", "systems/s.yaml", "mappings/m.yaml", "routes/r.yaml"

A = PLANT.replace("plant:", "a:", 1)

FORM = [
    Bad("tab-indentation", G, "tls:\n\tkey: x\n", "2:1", "allowed: spaces"),
    Bad("colon-in-text", G, "listen: a: b\n", "1:10", 'a ":" is not allowed here'),
    Bad("not-utf-8", G, b"listen: 1\ndocs: \xff\n", "2:7", "allowed: UTF-8"),
    Bad("utf-16", G, "docs: off\n".encode("utf-16"), "1:1", "allowed: UTF-8"),
    Bad("nul", G, "docs: \0\n", "1:7", "control character"),
    Bad("escape-beyond-unicode", G, 'docs: "\\UFFFFFFFF"\n', "1:1", "not valid YAML"),
    Bad("half-a-surrogate", G, 'docs: "\\ud800"\n', "1:7", "surrogate"),
    Bad("two-documents", G, "docs: off\n---\ndocs: off\n", "2:1", "allowed: one per file"),
    Bad("list-as-root", G, "- docs\n", "1:1", "allowed: a mapping"),
    Bad("text-as-root", G, "docs\n", "1:1", "allowed: a mapping"),
    Bad("duplicate-key", G, "docs: off\nmetrics: off\ndocs: off\n", "3:1: docs", "already, on line 1"),
    Bad("tag", G, "docs: !!str off\n", "1:7", "not supported"),
    Bad("python-tag", G, "docs: !!python/object/apply:os.system [id]\n", "1:7", "not supported"),
    Bad("unknown-alias", G, "docs: *x\n", "1:7", "no complete anchor &x"),
    Bad("alias-of-itself", G, "docs: &x [*x]\n", "1:11", "no complete anchor &x"),
    Bad("list-as-key", G, "? [a]\n: 1\n", "1:5", "allowed: text"),
    Bad("empty-key", G, ": 1\n", "1:1", "allowed: text"),
    Bad("no-text-as-key", G, '"": 1\n', '1:1: ""', "unknown key; allowed: "),
    Bad(
        "no-text-as-key-inside",
        R,
        '/o: {get: {call: a.b, with: {"": query.n}}}\n',
        '1:30: /o.get.with.""',
        "this name is not allowed",
    ),
    Bad("no-text-as-name", M, '"": {format: json}\n', '1:1: ""', "not a name"),
    Bad("merge-of-text", G, "<<: docs\n", "1:1: <<", "only mappings"),
    Bad("unclosed-quote", G, 'docs: "off\n', "2:1", "quoted scalar"),
    Bad("unclosed-list", G, "docs: [off\n", "2:1", "not valid YAML"),
    Bad("deep", G, "docs: " + "[" * 50 + "\n", "1:46", "40 levels"),
    Bad("large", G, "#" * 600_000, "1:1", "524288 bytes"),
    Bad("infinity", G, "idle_timeout_s: .inf\n", "1:17", "not a finite number"),
    Bad("not-a-number", G, "idle_timeout_s: .nan\n", "1:17", "not a finite number"),
    Bad("beyond-double", G, "idle_timeout_s: 1e999\n", "1:17", "not a finite number"),
    Bad("huge-integer", G, f"max_connections: {'9' * 100}\n", "1:18", "at most 40 characters"),
]

GATEWAY = [
    Bad("unknown-key", G, "docs: off\nlistn: x\n", "2:1: listn", 'did you mean "listen"? allowed: listen, '),
    Bad(
        "number-in-quotes",
        G,
        'max_connections: "5"\n',
        "1:18: max_connections",
        "a whole number from 1 to 100000",
    ),
    Bad("fraction", G, "max_connections: 1.5\n", "1:18: max_connections", "is 1.5; must be a whole number"),
    Bad(
        "boolean-as-number", G, "max_connections: true\n", "1:18: max_connections", "is true; must be a whole"
    ),
    Bad(
        "too-small",
        G,
        "idle_timeout_s: 0\n",
        "1:17: idle_timeout_s",
        "must be a number above 0, at most 3600",
    ),
    Bad("too-large", G, "max_connections: 100001\n", "1:18: max_connections", "from 1 to 100000"),
    Bad("empty", G, "max_connections:\n", "1:1: max_connections", "is empty; must be a whole number"),
    Bad(
        "near-miss-value", G, "docs: publik\n", "1:7: docs", 'did you mean "public"? must be one of: public, '
    ),
    Bad("number-for-text", G, "listen: 8080\n", "1:9: listen", "must be text of 3 to 300 characters"),
    Bad("listen-without-port", G, "listen: localhost\n", "1:9: listen", "must be HOST:PORT"),
    Bad("listen-port", G, "listen: localhost:65536\n", "1:9: listen", "from 0 to 65535"),
    Bad("public-url", G, "public_url: ftp://x\n", "1:13: public_url", "http:// or https://"),
    Bad("tls-half", G, "tls:\n  certificate: gateway.yaml\n", "1:1: tls.key", "is required"),
    Bad(
        "tls-file", G, "tls: {certificate: a, key: gateway.yaml}\n", "1:20: tls.certificate", "does not exist"
    ),
    Bad("tls-folder", G, "tls: {certificate: ., key: gateway.yaml}\n", "1:20: tls.certificate", "not a file"),
    Bad(
        "tls-not-pem", G, "tls: {certificate: gateway.yaml, key: gateway.yaml}\n", "1:6: tls", "no whole PEM"
    ),
    Bad("list-for-mapping", G, "tls: [a]\n", "1:6: tls", "a mapping with the keys: certificate, key"),
]

REFERENCES = [
    Bad(
        "literal-secret",
        S,
        plant("password: hunter2"),
        "7:13: plant.password",
        "allowed: ${env:NAME}, ${file:PATH}",
    ),
    Bad("escaped-is-literal", S, plant("password: $${x}"), "7:13: plant.password", "by reference only"),
    Bad(
        "number-as-secret",
        S,
        plant("password: 12345"),
        "7:13: plant.password",
        "a reference such as ${env:NAME}",
    ),
    Bad("unset", S, plant("password: ${env:NOPE}"), "7:13: plant.password", "NOPE is not set"),
    Bad("empty-variable", S, plant("password: ${env:EMPTY}"), "7:13: plant.password", "EMPTY is empty"),
    Bad("unknown-kind", S, plant("password: ${vault:x}"), "7:13: plant.password", "allowed: ${env:NAME}"),
    Bad("kind-missing", S, plant("password: ${PASSWORD}"), "7:13: plant.password", "allowed: ${env:NAME}"),
    Bad("unclosed", S, plant('password: "${env:PASSWORD"'), "7:13: plant.password", 'without "}"'),
    Bad("bad-name", S, plant("password: ${env:A-B}"), "7:13: plant.password", "letters, digits and _"),
    Bad(
        "missing-file",
        S,
        plant("password: ${file:nope}"),
        "7:13: plant.password",
        "cannot be read: No such file",
    ),
    Bad("folder-as-file", S, plant("password: ${file:systems}"), "7:13: plant.password", "Is a directory"),
    Bad(
        "outside",
        S,
        plant("password: ${file:../../etc/x}"),
        "7:13: plant.password",
        "below the configuration",
    ),
    Bad(
        "no-file-name",
        S,
        plant("password: ${file:}"),
        "7:13: plant.password",
        "below the configuration folder",
    ),
    Bad(
        "number-by-reference",
        S,
        plant("timeout_s: ${env:PASSWORD}"),
        "7:14: plant.timeout_s",
        "must be a number",
    ),
]

SYSTEMS = [
    Bad("no-adapter", S, "erp: {}\n", "1:1: erp.adapter", "is required: one of: mqtt, odbc, sftp, soap"),
    Bad(
        "unknown-adapter",
        S,
        "erp: {adapter: mqqt}\n",
        "1:16: erp.adapter",
        'did you mean "mqtt"? must be one of',
    ),
    Bad("adapter-is-list", S, "erp: {adapter: [mqtt]}\n", "1:16: erp.adapter", "must be one of: mqtt"),
    Bad("system-is-text", S, "erp: mqtt\n", "1:6: erp", "must be a mapping"),
    Bad("system-is-empty", S, "erp:\n", "1:1: erp", "must be a mapping"),
    Bad("capital-name", S, PLANT.replace("plant:", "Plant:", 1), "1:1: Plant", "lower-case letters"),
    Bad("digit-name", S, PLANT.replace("plant:", "1plant:", 1), "1:1: 1plant", "a letter first"),
    Bad(
        "reserved-name",
        S,
        PLANT.replace("plant:", "rpc:", 1),
        "1:1: rpc",
        "reserved are: api, flows, gateway",
    ),
    Bad(
        "unknown-key-of-system",
        S,
        plant("keep_alive_s: 3"),
        "7:3: plant.keep_alive_s",
        'did you mean "keepalive_s"?',
    ),
    Bad("synonym", S, plant("timeout: 3"), "7:3: plant.timeout", 'did you mean "timeout_s"?'),
    Bad("bound-of-system", S, plant("max_in_flight: 0"), "7:18: plant.max_in_flight", "from 1 to 1000"),
    Bad(
        "closed-set",
        S,
        plant("  u: {topic: t, qos: 3}"),
        "7:24: plant.channels.u.qos",
        "is 3; must be one of: 0, 1, 2",
    ),
    Bad(
        "yes-is-text",
        S,
        plant("  u: {topic: t, retain: yes}"),
        "7:27: plant.channels.u.retain",
        "true or false",
    ),
    Bad(
        "nested-unknown-key",
        S,
        plant("  u: {topic: t, qoss: 1}"),
        "7:19: plant.channels.u.qoss",
        'did you mean "qos"?',
    ),
    Bad("nested-required", S, plant("  u: {qos: 1}"), "7:5: plant.channels.u.topic", "is required"),
    Bad("key-pattern", S, plant("  u/v: {topic: t}"), "7:5: plant.channels.u/v", "this name is not allowed"),
    Bad(
        "own-rule",
        S,
        plant("tls: {ca: systems/s.yaml}"),
        "1:1: plant",
        "mqtts://",
    ),
]


def bank(keys: str) -> str:
    """A system behind SFTP that lacks nothing but these keys."""
    return (
        "bank:\n  adapter: sftp\n  host: h\n  username: u\n  password: ${env:PASSWORD}\n"
        f"  inboxes: {{a: {{path: /x}}}}\n  {keys}\n"
    )


OTHER_SYSTEMS = [
    Bad("host-key", S, bank("host_key: ab"), "7:13: bank.host_key", "neither a fingerprint"),
    Bad("host-key-in-list", S, bank("host_key: [ab]"), "7:14: bank.host_key[0]", "neither a fingerprint"),
    Bad("host-key-number", S, bank("host_key: 5"), "7:13: bank.host_key", "is 5; must be text of 1 to 4096"),
    Bad(
        "odbc-literal-password",
        S,
        'wh: {adapter: odbc, connection: "Driver=x;Pwd=hunter2"}\n',
        "1:33: wh.connection",
        "by reference only",
    ),
    Bad(
        "odbc-no-driver",
        S,
        'wh: {adapter: odbc, connection: "Server=x;Pwd=${env:PASSWORD}"}\n',
        "1:33: wh.connection",
        "names neither Driver nor DSN",
    ),
    Bad(
        "soap-missing-contract",
        S,
        "erp: {adapter: soap, wsdl: x.wsdl}\n",
        "1:28: erp.wsdl",
        '"x.wsdl" does not exist (looked for ',
    ),
    Bad(
        "soap-contract-by-url",
        S,
        "erp: {adapter: soap, wsdl: 'https://u:p@erp.example/ws/orders?wsdl'}\n",
        "1:28: erp.wsdl",
        "save a copy beside the configuration, for example: "
        "curl -o orders.wsdl 'https://erp.example/ws/orders?wsdl'",
    ),
    Bad(
        "soap-contract-by-plain-url",
        S,
        "erp: {adapter: soap, wsdl: http://erp/a.wsdl}\n",
        "1:28: erp.wsdl",
        "for example: curl -o a.wsdl http://erp/a.wsdl",
    ),
    Bad(
        "odbc-number-in-quotes",
        S,
        'wh: {adapter: odbc, connection: "Driver=x", max_connections: "4"}\n',
        "1:62: wh.max_connections",
        "is text; must be a whole number from 1 to 100",
    ),
    Bad(
        "odbc-truth-in-quotes",
        S,
        'wh: {adapter: odbc, connection: "Driver=x", read_only: "true"}\n',
        "1:56: wh.read_only",
        "is text; must be true or false",
    ),
    Bad(
        "sftp-number-in-quotes",
        S,
        bank("known_hosts: systems/s.yaml\n  port: '22'"),
        "8:9: bank.port",
        "is text; must be a whole number from 1 to 65535",
    ),
    Bad(
        "soap-number-in-quotes",
        S,
        'erp: {adapter: soap, wsdl: gateway.yaml, max_reply_depth: "9"}\n',
        "1:59: erp.max_reply_depth",
        "is text; must be a whole number",
    ),
    Bad(
        "mqtt-seconds-in-quotes",
        S,
        plant('timeout_s: "3"'),
        "7:14: plant.timeout_s",
        "is text; must be a number",
    ),
    Bad(
        "soap-credentials-in-url",
        S,
        'erp: {adapter: soap, wsdl: gateway.yaml, endpoint: "https://u:${env:PASSWORD}@h/"}\n',
        "1:52: erp.endpoint",
        "holds credentials",
    ),
]

MAPPINGS = [
    Bad(
        "field-type",
        M,
        "m: {format: delimited, fields: {x: {type: decimals}}}\n",
        "1:43: m.fields.x.type",
        'did you mean "decimal"? must be one of: string, ',
    ),
    Bad(
        "key-of-another-field-type",
        M,
        "m: {format: delimited, fields: {x: {scale: 2}}}\n",
        "1:37: m.fields.x.scale",
        "unknown key; it belongs to `type: decimal`; allowed: column, nullable, ",
    ),
    Bad(
        "element-of-a-segment",
        M,
        "m:\n  format: x12\n  content: [{segment: BEG, elements: [{name: a, type: XX 1/2}]}]\n",
        "3:55: m.content[0].elements[0].type",
        "must be text",
    ),
    Bad(
        "count-of-a-loop",
        M,
        "m:\n  format: x12\n  content: [{segment: BEG}, {loop: PO1, max: many, content: [{segment: PO1}]}]\n",
        "3:46: m.content[1].max",
        "must be a whole number",
    ),
    Bad(
        "delimiter",
        M,
        'm: {format: delimited, fields: {x: {}}, quote: ";;"}\n',
        "1:48: m.quote",
        "text of 1 character that matches",
    ),
    Bad("no-format", M, "m: {}\n", "1:1: m.format", "is required: one of: "),
    Bad("unknown-format", M, "m: {format: jsn}\n", "1:13: m.format", 'did you mean "json"? must be one of: '),
    Bad("built-in-name", M, "csv: {format: json}\n", "1:1: csv", "reserved are: csv, json, ndjson"),
    Bad("mapping-name", M, "a b: {format: json}\n", "1:1: a b", "lower-case letters"),
    Bad("mapping-is-list", M, "m: []\n", "1:4: m", "must be"),
]

ROUTES = [
    Bad("relative-path", R, "orders: {get: {call: a.b}}\n", "1:1: orders", "starts with /"),
    Bad("path-is-root", R, "/: {get: {call: a.b}}\n", "1:1: /", "at least one segment"),
    Bad("path-with-api", R, "/api/x: {get: {call: a.b}}\n", "1:1: /api/x", "below /api already"),
    Bad(
        "reserved-path",
        R,
        "/messages/x: {get: {call: a.b}}\n",
        "1:1: /messages/x",
        "may not begin with /messages",
    ),
    Bad("dots-in-path", R, "/a/../b: {get: {call: a.b}}\n", "1:1: /a/../b", "no segment . or .."),
    Bad("empty-segment", R, "/a//b: {get: {call: a.b}}\n", "1:1: /a//b", "no empty segments"),
    Bad("trailing-slash", R, "/a/: {get: {call: a.b}}\n", "1:1: /a/", "no / at its end"),
    Bad("half-a-variable", R, "/a/x{b}: {get: {call: a.b}}\n", "1:1: /a/x{b}", "as a whole segment"),
    Bad("percent-in-path", R, "/a%2fb: {get: {call: a.b}}\n", "1:1: /a%2fb", "allowed: letters, digits"),
    Bad("variable-twice", R, "/{a}/{a}: {get: {call: a.b}}\n", "1:1: /{a}/{a}", "each name once"),
    Bad(
        "unknown-method",
        R,
        "/a: {gett: {call: a.b}}\n",
        "1:6: /a.gett",
        'did you mean "get"? allowed: get, post',
    ),
    Bad(
        "capital-method",
        R,
        "/a: {GET: {call: a.b}}\n",
        "1:6: /a.GET",
        "allowed: get, post, put, patch, delete",
    ),
    Bad("no-call", R, "/a: {get: {}}\n", "1:6: /a.get.call", "is required"),
    Bad(
        "unknown-system",
        R,
        "/a: {get: {call: aa.b}}\n",
        "1:18: /a.get.call",
        'did you mean "a"? there are: a',
    ),
    Bad("call-without-dot", R, "/a: {get: {call: erp}}\n", "1:18: /a.get.call", "SYSTEM.OPERATION"),
    Bad("bad-source", R, "/a: {get: {call: a.b, with: {x: header.y}}}\n", "1:33: /a.get.with.x", "path.NAME"),
    Bad(
        "status-of-fault",
        R,
        "/a: {get: {call: a.b, faults: {F: 200}}}\n",
        "1:35: /a.get.faults.F",
        "400 to 599",
    ),
    Bad(
        "source-not-in-path",
        R,
        "/a/{orderId}:\n  get: {call: a.b, with: {x: path.orderID, y: path.orderId}}\n",
        "2:30: /a/{orderId}.get.with.x",
        'did you mean "orderId"? allowed: path.orderId',
    ),
    Bad(
        "variable-not-used",
        R,
        "/a/{id}: {get: {call: a.b, with: {x: query.x}}}\n",
        "1:28: /a/{id}.get.with",
        "{id} of the path is not used",
    ),
    Bad(
        "same-path",
        R,
        "/a/{x}: {get: {call: a.b}}\n/a/{y}: {post: {call: a.b}, get: {call: a.b}}\n",
        "2:29: /a/{y}.get",
        "GET /a/{y} is the same as /a/{x} at",
    ),
]

CASES = [*FORM, *GATEWAY, *REFERENCES, *SYSTEMS, *OTHER_SYSTEMS, *MAPPINGS, *ROUTES]


@pytest.mark.parametrize("bad", CASES, ids=[bad.id for bad in CASES])
def test_is_refused_at_its_place(bad: Bad, tmp_path: Path) -> None:
    # Routes call a system that is there.
    write(tmp_path, {bad.file: bad.content, **({"systems/a.yaml": A} if bad.file == R else {})})
    found = problems(tmp_path)
    assert [place(problem, tmp_path) for problem in found] == [f"{bad.file}:{bad.where}"]
    assert bad.says in found[0].message
    shown = str(found[0])
    assert shown.isprintable()
    assert not any(value in shown for value in ENVIRON.values() if value)
    assert "hunter2" not in shown


def test_ids_are_unique() -> None:
    assert len({bad.id for bad in CASES}) == len(CASES) >= 60


def test_a_slip_of_the_key_that_decides_hides_no_other_problem(tmp_path: Path) -> None:
    write(tmp_path, {S: PLANT.replace("adapter:", "adaptor:").replace("username:", "usernam:")})
    found = problems(tmp_path)
    assert [place(problem, tmp_path) for problem in found] == [
        f"{S}:2:3: plant.adaptor",
        f"{S}:4:3: plant.usernam",
    ]
    assert found[0].message == 'unknown key; did you mean "adapter"?'
    write(tmp_path, {S: PLANT.replace("adapter: mqtt", "adaptor: mqqt")})
    assert [problem.message.partition("?")[0] for problem in problems(tmp_path)] == [
        'unknown key; did you mean "adapter"',
        'there is no such adapter; did you mean "mqtt"',
    ]


def test_one_kind_of_problem_hides_no_other(tmp_path: Path) -> None:
    routes = """\
/a/{id}: {get: {cal: plant.t.last}, post: {call: nope.t.publish, with: {x: path.ix}}}
/a//b: {get: {call: plnt.t.last}}
/c: {get: {call: erp.GetOrder}}
"""
    files = {G: "listn: x\n", S: PLANT, "systems/erp.yaml": "erp: {adapter: soap}\n", R: routes}
    write(tmp_path, files)
    assert [place(problem, tmp_path) for problem in problems(tmp_path)] == [
        f"{G}:1:1: listn",
        f"{R}:1:11: /a/{{id}}.get.call",
        f"{R}:1:17: /a/{{id}}.get.cal",
        f"{R}:1:50: /a/{{id}}.post.call",
        f"{R}:1:66: /a/{{id}}.post.with",
        f"{R}:1:76: /a/{{id}}.post.with.x",
        f"{R}:2:1: /a//b",
        f"{R}:2:21: /a//b.get.call",
        "systems/erp.yaml:1:1: erp.wsdl",
    ]


def test_what_uses_something_that_is_not_good_is_not_said_to_be_wrong(tmp_path: Path) -> None:
    bad_mapping = {M: "m: {format: jsn}\n", S: PLANT.replace('"plant/{line}"', '"p/{line}", format: m')}
    write(tmp_path, {**bad_mapping, R: "/a: {get: {call: other.x}}\n", "systems/o.yaml": "{{{"})
    examined = examine(tmp_path, ENVIRON)
    assert {place(problem, tmp_path).partition(":")[0] for problem in examined.problems} == {
        M,
        "systems/o.yaml",
    }
    assert examined.usable is not None
    assert Catalogue(examined.usable).check() == []


@pytest.mark.parametrize("kind", ["pipe", "device", "dangling"])
@pytest.mark.parametrize("name", ["gateway.yaml", "systems/a.yaml", "mappings/a.yml", "routes/a.yaml"])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    write(tmp_path, {})
    path = tmp_path / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "nothing")
    (problem,) = problems(tmp_path)
    assert problem.file == path
    assert "is no file but a pipe" in problem.message
