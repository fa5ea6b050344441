"""The commands: what they print, how they end, and that nobody sees a traceback or a secret."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest

from gateway.config import load
from gateway.config.document import Node, read_document
from gateway.security import KeyStore
from tests.peers import sqlite
from tests.peers.odbc import driver
from tests.peers.process import free_port
from tests.unit.gateway.cli.command import CANARY, COMMAND, environment, gateway, gateway_here

ROOT = Path(__file__).parents[4]
BROKER = """\
plant:
  adapter: mqtt
  broker: mqtt://127.0.0.1:{port}
  username: gateway
  password: "${{env:CANARY}}"
  connect_timeout_s: 5
  channels:
    t: {{topic: "plant/{{line}}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with one system that is not there."""
    (tmp_path / "systems").mkdir()
    (tmp_path / "gateway.yaml").write_text("docs: public\n")
    (tmp_path / "systems" / "plant.yaml").write_text(BROKER.format(port=free_port()))
    return tmp_path


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, gateway.cli.main; print(*sys.modules)"
    done = subprocess.run([COMMAND[0], "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"aiohttp", "pydantic", "ruamel.yaml", "cryptography", "lxml", "paramiko", "pyodbc", "structlog"}
    assert heavy & set(done.stdout.split()) == set()


def test_help_names_every_command(tmp_path: Path) -> None:
    result = gateway_here("--help", cwd=tmp_path)
    assert result.code == 0
    for command in ("serve", "check", "init", "demo", "openapi", "schema", "keys", "certs"):
        assert f" {command} " in result.out
    assert gateway_here(cwd=tmp_path).code == 2


def test_version(tmp_path: Path) -> None:
    assert gateway_here("--version", cwd=tmp_path).out.startswith("gateway 0.")


@pytest.mark.parametrize(
    "arguments",
    [[], ["check"], ["demo"], ["messages", "list"], ["keys"], ["keys", "create"], ["certs", "init"]],
    ids=lambda arguments: "-".join(arguments) or "gateway",
)
def test_help_shows_flags_without_a_type(arguments: list[str], tmp_path: Path) -> None:
    printed = gateway_here(*arguments, "--help", cwd=tmp_path).out
    assert "--help" in printed
    assert "<bool>" not in printed


USAGE = {
    "unknown-command": ["bogus"],
    "unknown-option": ["check", "--bogus"],
    "missing-argument": ["init"],
    "missing-scope": ["keys", "create", "me"],
    "bad-scope": ["keys", "create", "me", "--scope", "erp:admin"],
    "bad-name": ["keys", "create", "\x1b[31m", "--scope", "*:read"],
    "bad-numbers": ["keys", "create", "me", "--scope", "*:read", "--numbers", "float"],
    "bad-days": ["certs", "issue", "localhost", "--days", "0"],
    "days-not-a-number": ["certs", "issue", "localhost", "--days", "x"],
    "unknown-kind": ["schema", "flows"],
    "unknown-adapter": ["schema", "system", "soup"],
    "adapter-without-system": ["schema", "gateway", "soap"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_usage_errors_end_with_2(arguments: list[str], folder: Path) -> None:
    result = gateway_here(*arguments, cwd=folder)
    assert result.code == 2
    assert result.err
    assert "Value error" not in result.err
    assert not result.out


FAULTS = {
    "no-folder": (["-C", "nope", "keys", "list"], "is not a folder"),
    "no-gateway-file": (["-C", "systems", "keys", "list"], "gateway.yaml:1:1: does not exist"),
    "init-not-empty": (["init", "."], "is not empty"),
    "init-on-a-file": (["init", "gateway.yaml"], "is not a folder"),
    "init-below-a-file": (["init", "gateway.yaml/x"], "Not a directory"),
    "revoke-unknown": (["keys", "revoke", "abc"], "there is no key abc"),
    "issue-without-authority": (["certs", "issue", "localhost"], "no local CA in certs"),
    "output-in-no-folder": (["openapi", "--output", "nope/x.json"], "No such file"),
    "output-is-a-folder": (["openapi", "--output", "systems"], "Is a directory"),
}


@pytest.mark.parametrize(("arguments", "says"), FAULTS.values(), ids=FAULTS)
def test_faults_of_the_input_end_with_1(arguments: list[str], says: str, folder: Path) -> None:
    run = gateway if "openapi" in arguments else gateway_here
    result = run(*arguments, cwd=folder)
    assert result.code == 1
    assert says in result.err


@pytest.mark.parametrize("command", [["check"], ["serve"], ["openapi"]])
def test_a_bad_configuration_is_refused_with_all_its_problems(command: list[str], folder: Path) -> None:
    (folder / "gateway.yaml").write_text("listn: x\n")
    (folder / "routes").mkdir()
    (folder / "routes" / "r.yaml").write_text("/a: {get: {call: plant.t.publish, with: {x: path.y}}}\n")
    result = gateway(*command, cwd=folder)
    assert result.code == 1
    lines = result.err.splitlines()
    assert lines[0].startswith('gateway.yaml:1:1: listn: unknown key; did you mean "listen"?')
    assert lines[1].startswith("routes/r.yaml:1:18: /a.get.call: plant.t.publish changes something")
    assert lines[2].startswith("routes/r.yaml:1:42: /a.get.with.x: plant.t.publish takes no x")
    assert lines[3].startswith('routes/r.yaml:1:45: /a.get.with.x: "y" is not in the path')
    assert lines[4] == "gateway: 4 problems in the configuration"


def test_what_only_the_catalogue_can_know_is_a_problem_too(folder: Path) -> None:
    (folder / "routes").mkdir()
    (folder / "routes" / "r.yaml").write_text("/a: {post: {call: plnt.t.publish}}\n")
    result = gateway("check", "--json", cwd=folder)
    assert result.code == 1
    problem = json.loads(result.out)["problems"][0]
    assert (problem["file"], problem["line"], problem["column"]) == ("routes/r.yaml", 1, 19)
    assert problem["key"] == "/a.post.call"
    assert "plant" in problem["message"]


def test_check(folder: Path) -> None:
    result = gateway("check", cwd=folder)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("plant (mqtt): ")
    assert "OK: 1 system, 0 mappings, 0 routes, 0 flows, 0 warnings" in result.out


def test_check_of_mappings_alone(tmp_path: Path) -> None:
    """What commands that only convert need is checked without gateway.yaml, unless something needs one."""
    (tmp_path / "mappings").mkdir()
    file = tmp_path / "mappings" / "m.yaml"
    file.write_text("m: {format: delimited, fields: {a: {}}}\n")
    assert "OK: 0 systems, 1 mapping, 0 routes" in gateway("check", cwd=tmp_path).out
    file.write_text("m: {format: delimitd}\n")
    found = gateway("check", "--json", cwd=tmp_path)
    assert (found.code, json.loads(found.out)["problems"][0]["key"]) == (1, "m.format")
    (tmp_path / "flows").mkdir()
    found = gateway("check", cwd=tmp_path)
    assert (found.code, "gateway.yaml:1:1: does not exist" in found.err) == (1, True)


def test_check_as_json(folder: Path) -> None:
    (folder / "gateway.yaml").write_text("listen: 0.0.0.0:8080\ndocs: public\nmetrics: public\n")
    result = gateway("check", "--json", cwd=folder)
    found = json.loads(result.out)
    assert (result.code, found["ok"], found["problems"]) == (0, True, [])
    assert [warning["key"] for warning in found["warnings"]] == ["listen", "docs", "metrics"]
    assert found["systems"][0]["name"] == "plant"
    assert "t.publish" in found["systems"][0]["operations"]


def test_an_unreachable_system_ends_with_3(folder: Path) -> None:
    result = gateway("check", "--connect", cwd=folder)
    assert result.code == 3
    assert "plant (mqtt): unreachable: " in result.out
    as_json = gateway("check", "--connect", "--json", cwd=folder)
    assert as_json.code == 3
    assert json.loads(as_json.out)["systems"][0]["state"] == "unavailable"


SHOP = """\
shop:
  adapter: odbc
  connection: "Driver={driver};Database={database}"
  tables: {{allow: [{table}]}}
"""


def _shop(folder: Path, table: str, database: Path | None = None) -> None:
    """A second system, a database, and two routes to it."""
    path = database or sqlite.database(folder / "shop.db")
    text = SHOP.format(driver=driver("libsqlite3odbc.so"), database=path, table=table)
    (folder / "systems" / "shop.yaml").write_text(text)
    (folder / "routes").mkdir()
    routes = "/items: {get: {call: shop.item.read}}\n/items/{key}: {get: {call: shop.item.get}}\n"
    (folder / "routes" / "r.yaml").write_text(routes)


def test_routes_that_are_not_checked_are_named(folder: Path) -> None:
    _shop(folder, "item")
    result = gateway("check", cwd=folder)
    assert result.code == 0
    assert "  2 routes to shop are checked only with --connect\n" in result.out
    found = json.loads(gateway("check", "--json", cwd=folder).out)
    assert [system["routes_not_checked"] for system in found["systems"]] == [0, 2]


def test_the_summary_counts_the_unreachable(folder: Path) -> None:
    _shop(folder, "item", folder / "nothing.db")
    (folder / "systems" / "plant.yaml").unlink()
    result = gateway("check", "--connect", cwd=folder)
    assert result.code == 3
    assert "  2 routes to shop could not be checked\n1 of 1 system unreachable\n" in result.out
    assert "OK" not in result.out
    assert json.loads(gateway("check", "--connect", "--json", cwd=folder).out)["ok"] is False


def test_what_is_wrong_with_a_route_is_said_once(folder: Path) -> None:
    (folder / "systems" / "plant.yaml").unlink()
    _shop(folder, "item, dear")
    (folder / "routes" / "r.yaml").write_text("/items: {get: {call: shop.items.read}}\n")
    result = gateway("check", "--connect", cwd=folder)
    assert result.code == 1
    lines = result.err.splitlines()
    assert lines[0].startswith("routes/r.yaml:1:22: /items.get.call: shop has no operation 'items.read'")
    assert lines[1:] == ["gateway: 1 problem in the configuration"]


def test_why_a_channel_or_an_operation_is_not_there(folder: Path) -> None:
    """The reason stands with the flow that names it, and whatever else is missing is named, too."""
    (folder / "systems" / "plant.yaml").unlink()
    _shop(folder, "item, line")
    (folder / "routes" / "r.yaml").unlink()
    channels = (
        "  changes: {new: {table: item, status: {column: a}}, other: {table: line, status: {column: b}}}\n"
    )
    with (folder / "systems" / "shop.yaml").open("a") as file:
        file.write(channels)
    (folder / "flows").mkdir()
    (folder / "flows" / "f.yaml").write_text("f: {from: shop.new, steps: []}\n")
    result = gateway("check", "--connect", cwd=folder)
    assert result.code == 1
    problem = next(line for line in result.err.splitlines() if line.startswith("flows/f.yaml"))
    assert "f.from: shop cannot offer the channel new: " in problem
    assert "nothing arrives" not in result.err
    for name in ("new", "other"):
        assert f"shop does not offer changes.{name}: " in result.err


def test_names_that_match_nothing_and_systems_that_offer_nothing_are_warnings(folder: Path) -> None:
    (folder / "systems" / "plant.yaml").unlink()
    _shop(folder, "items")
    (folder / "routes" / "r.yaml").unlink()
    result = gateway("check", "--connect", cwd=folder)
    assert result.code == 0
    assert result.err.splitlines() == [
        'warning: systems/shop.yaml:1:1: shop: tables.allow: no table "items"; did you mean "item"?',
        "warning: systems/shop.yaml:1:1: shop: it offers no operation",
    ]
    assert "shop (odbc): ready, 0 operations\n" in result.out
    assert "\nOK: 1 system, 0 mappings, 0 routes, 0 flows, 2 warnings" in result.out


def test_what_an_adapter_finds_is_said_at_the_key_at_fault(folder: Path) -> None:
    wsdl = (ROOT / "gateway" / "demo" / "config" / "erp" / "OrderService.wsdl").read_bytes()
    (folder / "erp.wsdl").write_bytes(wsdl)
    (folder / "systems" / "erp.yaml").write_text(
        "erp:\n  adapter: soap\n  wsdl: erp.wsdl\n  safe: [GetOrdr, Nope]\n"
    )
    lines = gateway("check", cwd=folder).err.splitlines()
    assert lines[0].startswith('systems/erp.yaml:4:10: erp.safe[0]: the contract has no operation "GetOrdr"')
    assert lines[1].startswith("systems/erp.yaml:4:19: erp.safe[1]: ")
    (folder / "erp.wsdl").write_text("<a><b></a>")
    result = gateway("check", cwd=folder)
    assert result.err.startswith("systems/erp.yaml:3:9: erp.wsdl: erp.wsdl: cannot be read: ")
    assert "<string>" not in result.err


def test_repairs_of_a_contract_are_warnings(folder: Path) -> None:
    wsdl = (ROOT / "gateway" / "demo" / "config" / "erp" / "OrderService.wsdl").read_text()
    (folder / "erp.wsdl").write_text(wsdl.replace('"orders.xsd"', '"http://erp.example/v1/orders.xsd"'))
    shutil.copy(ROOT / "gateway" / "demo" / "config" / "erp" / "orders.xsd", folder)
    (folder / "systems" / "erp.yaml").write_text("erp: {adapter: soap, wsdl: erp.wsdl}\n")
    result = gateway("check", cwd=folder)
    assert result.code == 0
    assert "warning: systems/erp.yaml:1:6: erp: erp.wsdl:" in result.err
    assert "used orders.xsd, which lies beside it" in result.err
    (system,) = json.loads(gateway("check", "--json", cwd=folder).out)["systems"][:1]
    assert "used orders.xsd" in system["notes"][0]


def test_the_folder_comes_from_the_command_then_the_gateway_then_the_environment(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    env = {"GATEWAY_CONFIG": str(folder)}
    keys = ("keys", "list")
    assert gateway_here(*keys, cwd=other).code == 1
    assert gateway_here(*keys, cwd=other, env=env).code == 0
    assert gateway_here("-C", folder, *keys, cwd=other).code == 0
    assert gateway_here("-C", "nope", *keys, "-C", folder, cwd=other).code == 0
    assert gateway_here("-C", other, *keys, cwd=other, env=env).code == 1


def test_init_writes_a_good_configuration(tmp_path: Path) -> None:
    result = gateway_here("init", "new/deep", cwd=tmp_path)
    assert result.code == 0
    assert "keys create" in result.out
    assert gateway("check", "-C", "new/deep", cwd=tmp_path).code == 0
    assert "*.key" in (tmp_path / "new/deep/.gitignore").read_text()


def test_inits_examples_are_good_once_they_are_no_comments(tmp_path: Path) -> None:
    gateway_here("init", "new", cwd=tmp_path)
    for kind in ("systems", "mappings", "routes", "flows"):
        path = tmp_path / "new" / kind / "examples.yaml"
        examples = path.read_text().partition("\n\n")[2]
        path.write_text("".join(line.removeprefix("# ") for line in examples.splitlines(keepends=True)))
    (tmp_path / "new" / "erp").mkdir()
    (tmp_path / "new" / "erp" / "OrderService.wsdl").touch()
    secrets = {f"{name}_PASSWORD": "x;y}" for name in ("ERP", "WH", "BANK", "PLANT")}
    configuration = load(tmp_path / "new", secrets)
    assert sorted(configuration.systems) == ["bank", "erp", "plant", "warehouse"]
    assert list(configuration.formats) == ["statement"]
    assert [route.path for route in configuration.routes] == ["/orders/{orderId}"]
    assert sorted(configuration.flows) == ["close-the-day", "orders-to-erp", "statements-to-ledger"]


def test_inits_files_name_schemas_that_are_there_and_fit(tmp_path: Path) -> None:
    gateway_here("init", "new", cwd=tmp_path)
    files = sorted((tmp_path / "new").rglob("*.yaml"))
    assert len(files) == 5
    for file in files:
        first, _, rest = file.read_text().partition("\n")
        schema = (file.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
        validator = jsonschema_rs.Draft202012Validator(json.loads(schema.read_text()))
        if file.name != "gateway.yaml":
            rest = "".join(
                line.removeprefix("# ") for line in rest.partition("\n\n")[2].splitlines(keepends=True)
            )
            file.write_text(rest)
        node, problems = read_document(file)
        assert not problems
        assert node is not None
        assert [error.message for error in validator.iter_errors(_plain(node))] == [], file


def test_keys(folder: Path) -> None:
    created = gateway_here("keys", "create", "orders [app]", "-s", "plant:read", "-s", "*:write", cwd=folder)
    assert created.code == 0
    text = created.out.strip()
    store = KeyStore(folder / "state" / "keys.json")
    principal = store.authenticate(text)
    assert principal is not None
    assert principal.allows("plant", "read")
    listed = gateway_here("keys", "list", cwd=folder)
    assert "orders [app]" in listed.out
    assert text not in listed.out
    assert text.rpartition("_")[2] not in gateway_here("keys", "list", "--json", cwd=folder).out
    assert gateway_here("keys", "revoke", principal.key_id, cwd=folder).code == 0
    assert json.loads(gateway_here("keys", "list", "--json", cwd=folder).out) == []


@pytest.mark.parametrize(
    ("scope", "meant"),
    [
        pytest.param("plnt:read", 'did you mean "plant:read"? ', id="slip"),
        pytest.param("message:write", 'did you mean "messages:write"? ', id="slip-in-messages"),
        pytest.param("gateway:write", 'did you mean "gateway:read"? ', id="nothing-to-write"),
        pytest.param("zzzz:read", "", id="nothing-alike"),
    ],
)
def test_a_key_for_what_is_not_there_is_refused(folder: Path, scope: str, meant: str) -> None:
    created = gateway_here("keys", "create", "app", "--scope", "plant:read", "--scope", scope, cwd=folder)
    assert (created.code, created.out) == (1, "")
    assert f"there is nothing that {scope} is a right to, and no key was made; {meant}systems: plant;" in (
        created.err
    )
    assert json.loads(gateway_here("keys", "list", "--json", cwd=folder).out) == []


def test_rights_to_the_gateways_own_paths_need_no_system(folder: Path) -> None:
    own = ("messages:read", "messages:write", "flows:read", "flows:write", "gateway:read", "*:read")
    options = [word for scope in own for word in ("--scope", scope)]
    created = gateway_here("keys", "create", "app", *options, "--json", cwd=folder)
    assert (created.code, created.err) == (0, "")
    assert json.loads(created.out)["scopes"] == list(own)


def test_a_second_key_of_a_name_is_mentioned(folder: Path) -> None:
    make = ("keys", "create", "app", "--scope", "plant:read", "--json")
    first = json.loads(gateway_here(*make, cwd=folder).out)
    second = gateway_here(*make, cwd=folder)
    assert second.code == 0
    assert f"warning: there is already a key named app: {first['id']}; it stays valid" in second.err


def test_keys_work_while_the_rest_of_the_configuration_is_not_good(folder: Path) -> None:
    (folder / "systems" / "bad.yaml").write_text("{{{")
    assert gateway_here("keys", "create", "app", "--scope", "plant:read", cwd=folder).code == 0
    unknown = gateway_here("keys", "create", "other", "--scope", "plnt:read", cwd=folder)
    assert unknown.code == 0
    assert 'warning: no system plnt can be found; did you mean "plant:read"?' in unknown.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_folder_that_cannot_be_written(folder: Path) -> None:
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    result = gateway_here("keys", "create", "app", "--scope", "plant:read", cwd=folder)
    assert (result.code, "Permission denied" in result.err) == (1, True)


def test_certs(folder: Path) -> None:
    assert gateway_here("certs", "init", "--only", "localhost", "--only", "127.0.0.0/8", cwd=folder).code == 0
    issued = gateway_here("certs", "issue", "localhost", "127.0.0.1", "--json", cwd=folder)
    found = json.loads(issued.out)
    assert found["hosts"] == ["localhost", "127.0.0.1"]
    tls = "tls: {certificate: certs/localhost.crt, key: certs/localhost.key}\n"
    (folder / "gateway.yaml").write_text(tls)
    assert gateway("check", cwd=folder).code == 0
    refused = gateway_here("certs", "issue", "example.org", cwd=folder)
    assert (refused.code, "may not sign for example.org" in refused.err) == (1, True)


@pytest.mark.parametrize("kind", ["gateway", "system", "mapping", "route"])
def test_the_schema_accepts_the_demo(kind: str, tmp_path: Path) -> None:
    result = gateway_here("schema", kind, cwd=tmp_path)
    validator = jsonschema_rs.Draft202012Validator(json.loads(result.out))
    demo = ROOT / "gateway" / "demo" / "config"
    folder = {"gateway": ".", "system": "systems", "mapping": "mappings", "route": "routes"}[kind]
    files = sorted((demo / folder).glob("*.yaml"))
    assert files
    for file in files:
        node, _ = read_document(file)
        assert node is not None
        assert [error.message for error in validator.iter_errors(_plain(node))] == []


BAD_BY_SCHEMA = [
    ("gateway", {"listn": "x"}),
    ("gateway", {"max_connections": 0}),
    ("gateway", {"max_connections": "100"}),
    ("gateway", {"max_connections": "${env:A}0"}),
    ("system", {"x": {"adapter": "soup"}}),
    ("system", {"x": {"adapter": "mqtt"}}),
    ("system", {"Bad Name": {"adapter": "mqtt", "broker": "mqtt://x", "channels": {"a": {"topic": "t"}}}}),
    ("system", {"x": {"adapter": "mqtt", "broker": "mqtt://x", "channels": {"a": {"topic": "t", "qos": 3}}}}),
    ("mapping", {"m": {"format": "nope"}}),
    ("route", {"/a": {"get": {}}}),
    ("route", {"a": {"get": {"call": "a.b"}}}),
]


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    schemas = json.loads(gateway_here("schema", cwd=tmp_path).out)
    for kind, value in BAD_BY_SCHEMA:
        assert not jsonschema_rs.Draft202012Validator(schemas[kind]).is_valid(value), (kind, value)


def test_the_schema_takes_references_to_numbers(tmp_path: Path) -> None:
    schema = json.loads(gateway_here("schema", "gateway", cwd=tmp_path).out)
    validator = jsonschema_rs.Draft202012Validator(schema)
    for value in (100, "${env:MOST}", "${file:secrets/most}"):
        assert validator.is_valid({"max_connections": value}), value


def test_openapi(folder: Path) -> None:
    result = gateway("openapi", cwd=folder)
    assert result.code == 0
    assert json.loads(result.out)["openapi"] == "3.1.0"
    assert gateway("openapi", "-o", "x.json", cwd=folder).out == ""
    assert json.loads((folder / "x.json").read_bytes()) == json.loads(result.out)


def test_output_to_a_closed_pipe_is_no_traceback(folder: Path) -> None:
    command = " ".join(f"'{part}'" for part in COMMAND)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} schema | head -c 10"],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_the_canary_is_really_used(folder: Path) -> None:
    password = load(folder, {"CANARY": CANARY}).systems["plant"].settings.password  # type: ignore[attr-defined]
    assert password.get_secret_value() == CANARY


def _plain(node: Node) -> object:
    if isinstance(node.value, tuple):
        return [_plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: _plain(entry.node) for key, entry in node.value.items()}
    return node.value


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_state_folder_that_cannot_be_one_is_refused(command: str, folder: Path) -> None:
    (folder / "taken").write_text("")
    (folder / "gateway.yaml").write_text("listen: 127.0.0.1:0\nstate_dir: taken/state\n")
    result = gateway(command, cwd=folder)
    assert result.code == 1
    assert "state_dir" in result.err
    assert "taken" in result.err
