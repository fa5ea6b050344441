"""Good configurations, several problems at once, names across files, warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from certs import Authority
from gateway.config import Configuration, ConfigurationError, load, load_gateway, system_names
from tests.unit.gateway.config.folder import ENVIRON, PLANT, place, problems, write


def test_the_smallest_configuration(tmp_path: Path) -> None:
    configuration = load(write(tmp_path, {}), {})
    assert isinstance(configuration, Configuration)
    assert (dict(configuration.systems), dict(configuration.formats), configuration.routes) == ({}, {}, ())
    gateway = configuration.gateway
    assert (gateway.host, gateway.port) == ("127.0.0.1", 8080)
    assert gateway.state_dir == tmp_path / "state"
    assert gateway.docs == gateway.metrics == "authenticated"
    assert configuration.warnings == ()


def test_everything(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": "listen: '[::1]:0'\nstate_dir: /var/lib/gateway\nexpose: routes\n",
        "systems/deep/er/plant.yml": PLANT + "  password: ${env:PASSWORD}\n",
        "systems/.hidden.yaml": "not: [read",
        "systems/readme.txt": "not read",
        "mappings/m.yaml": "one: {format: json}\ntwo: {format: ndjson}\n",
        "routes/r.yaml": (
            "/a/{line}:\n  post: {call: plant.t.publish, with: {line: path.line}, faults: {F: 409}}\n"
        ),
    }
    configuration = load(write(tmp_path, files), ENVIRON)
    assert (configuration.gateway.host, configuration.gateway.port) == ("::1", 0)
    assert str(configuration.gateway.keys_file) == "/var/lib/gateway/keys.json"
    assert list(configuration.systems) == ["plant"]
    assert configuration.systems["plant"].type.name == "mqtt"
    assert list(configuration.formats) == ["one", "two"]
    route = configuration.routes[0]
    assert (route.path, route.method, route.call) == ("/a/{line}", "POST", "plant.t.publish")
    assert (dict(route.parameters), dict(route.faults)) == ({"line": "path.line"}, {"F": 409})
    assert place(route.origin.problem(("call",), "x"), tmp_path).endswith("r.yaml:2:16: /a/{line}.post.call")


def test_anchors_share_settings_between_systems(tmp_path: Path) -> None:
    shared = """\
one: &one
  adapter: mqtt
  broker: mqtt://a
  channels: {t: {topic: t}}
two: {<<: *one, broker: mqtt://b}
"""
    systems = load(write(tmp_path, {"systems/s.yaml": shared}), {}).systems
    brokers = [systems[name].settings.broker for name in ("one", "two")]  # type: ignore[attr-defined]
    assert brokers == ["mqtt://a", "mqtt://b"]


def test_all_problems_at_once_in_order(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": "tls: {certificate: a}\ndocs: on\n",
        "systems/b.yaml": PLANT.replace("plant:", "b:", 1) + "  x: 1\n  y: 2\n",
        "systems/a.yaml": "a: {adapter: mqqt}\n",
        "mappings/m.yaml": "m: {format: x}\n",
        "routes/r.yaml": "a: {get: {call: x}}\n",
        "routes/q.yaml": "{",
    }
    found = problems(write(tmp_path, files))
    assert [place(problem, tmp_path) for problem in found] == [
        "gateway.yaml:1:1: tls.key",
        "gateway.yaml:1:20: tls.certificate",
        "gateway.yaml:2:7: docs",
        "mappings/m.yaml:1:13: m.format",
        "routes/q.yaml:1:2",
        "routes/r.yaml:1:1: a",
        "routes/r.yaml:1:17: a.get.call",
        "systems/a.yaml:1:14: a.adapter",
        "systems/b.yaml:7:3: b.x",
        "systems/b.yaml:8:3: b.y",
    ]


def test_a_name_in_two_files_names_both_places(tmp_path: Path) -> None:
    files = {"systems/a.yaml": "\n" + PLANT, "systems/b.yaml": PLANT}
    (found,) = problems(write(tmp_path, files))
    assert place(found, tmp_path) == "systems/b.yaml:1:1: plant"
    assert f"taken, at {tmp_path / 'systems/a.yaml'}:2:1" in found.message


def test_a_path_in_two_files_names_both_places(tmp_path: Path) -> None:
    a = PLANT.replace("plant:", "a:", 1)
    files = {
        "systems/a.yaml": a,
        **dict.fromkeys(("routes/a.yaml", "routes/b.yaml"), "/a: {get: {call: a.b}}\n"),
    }
    (found,) = problems(write(tmp_path, files))
    assert place(found, tmp_path) == "routes/b.yaml:1:6: /a.get"
    assert f"{tmp_path / 'routes/a.yaml'}:1:6" in found.message


@pytest.mark.parametrize(
    ("name", "right"), [("system", "systems"), ("mapping", "mappings"), ("Routes", "routes")]
)
def test_a_folder_with_almost_the_right_name_is_named(name: str, right: str, tmp_path: Path) -> None:
    (found,) = problems(write(tmp_path, {f"{name}/x.yaml": ""}))
    assert found.file == tmp_path / name
    assert f'did you mean "{right}"?' in found.message


def test_other_folders_are_nobodys_business(tmp_path: Path) -> None:
    load(write(tmp_path, {"erp/x.yaml": "{", "state/x.yaml": "{", "sys/readme": ""}), {})


def test_gateway_yml_is_asked_to_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "gateway.yml").touch()
    (found,) = problems(tmp_path)
    assert f"rename {tmp_path / 'gateway.yml'}" in found.message


def test_paths_are_shown_as_the_folder_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "conf", {"gateway.yaml": "x: 1\n"})
    monkeypatch.chdir(tmp_path)
    (found,) = problems(Path("conf"))
    assert str(found).startswith("conf/gateway.yaml:1:1: x: ")
    with pytest.raises(ConfigurationError) as caught:
        load_gateway(Path("conf"), {})
    assert str(caught.value) == str(found)


def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"systems/a.yaml": ""})
    (tmp_path / "systems" / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "systems" / "gone.yaml").symlink_to("nowhere")
    assert [problem.file.name for problem in problems(tmp_path)] == ["gone.yaml", "loop.yaml"]


def test_gateway_alone_and_names_alone_need_no_good_systems(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": "listen: localhost:1\n",
        "systems/a.yaml": "a:\nb: {adapter: x}\n",
        "systems/b.yaml": "{",
    }
    write(tmp_path, files)
    assert load_gateway(tmp_path, {}).port == 1
    assert system_names(tmp_path) == (("a", "b"), False)
    (tmp_path / "systems" / "b.yaml").unlink()
    assert system_names(tmp_path) == (("a", "b"), True)


WARNINGS = {
    "plain-on-all-addresses": ("listen: 0.0.0.0:80\n", ["listen"]),
    "plain-on-a-name": ("listen: gateway.example:80\n", ["listen"]),
    "public-docs": ("listen: '[::]:80'\ndocs: public\nmetrics: public\n", ["listen", "docs", "metrics"]),
    "public-docs-on-loopback": ("listen: localhost:80\ndocs: public\nmetrics: public\n", []),
    "loopback-6": ("listen: '[::1]:80'\n", []),
    "debug": ("log_level: debug\n", ["log_level"]),
}


@pytest.mark.parametrize(("text", "keys"), WARNINGS.values(), ids=WARNINGS)
def test_relaxed_settings_are_warnings(text: str, keys: list[str], tmp_path: Path) -> None:
    configuration = load(write(tmp_path, {"gateway.yaml": text}), {})
    assert [warning.key for warning in configuration.warnings] == keys


def test_relaxed_settings_of_systems_are_warnings(tmp_path: Path) -> None:
    system = """\
erp:
  adapter: soap
  wsdl: gateway.yaml
  endpoint: https://erp.example/x
  tls: {verify: false}
"""
    configuration = load(write(tmp_path, {"systems/s.yaml": system}), {})
    (warning,) = configuration.warnings
    assert place(warning, tmp_path) == "systems/s.yaml:5:17: erp.tls.verify"


def test_a_certificate_near_its_end_is_a_warning(tmp_path: Path) -> None:
    Authority.create(tmp_path).issue(["localhost"], days=10)
    tls = "tls: {certificate: localhost.crt, key: localhost.key}\n"
    configuration = load(write(tmp_path, {"gateway.yaml": tls}), {})
    (warning,) = configuration.warnings
    assert "the certificate ends on 20" in warning.message


def test_the_key_of_another_certificate_is_a_problem(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    authority.issue(["a"])
    authority.issue(["b"])
    (found,) = problems(write(tmp_path, {"gateway.yaml": "tls: {certificate: a.crt, key: b.key}\n"}))
    assert place(found, tmp_path) == "gateway.yaml:1:6: tls"
    assert "is not the key of" in found.message
