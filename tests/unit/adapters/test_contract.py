"""Deadlines, the registry and the error tree."""

from __future__ import annotations

import inspect
import sys
from importlib.metadata import EntryPoint

import pytest

from adapters import errors, registry
from adapters.contract import Deadline
from adapters.registry import AdapterNotInstalled, AdapterType, UnknownAdapter


def test_a_deadline_counts_down_and_never_goes_below_zero() -> None:
    deadline = Deadline.after(10)
    assert 9 < deadline.remaining() <= 10
    assert not deadline.expired()
    past = Deadline.after(-1)
    assert past.remaining() == 0.0
    assert past.expired()


def test_within_takes_the_earlier_moment() -> None:
    assert Deadline.after(10).within(1).remaining() <= 1
    assert Deadline.after(1).within(10).remaining() <= 1


@pytest.mark.parametrize("name", ["soap", "odbc", "sftp", "mqtt"])
def test_built_in_adapters_load(name: str) -> None:
    adapter = registry.load(name)
    assert adapter.name == name
    assert adapter.capabilities


def test_an_unknown_adapter_is_an_error() -> None:
    with pytest.raises(UnknownAdapter, match="soup"):
        registry.load("soup")


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry._BUILT_IN, "soap", "no_such_package")
    with pytest.raises(AdapterNotInstalled, match=r'no_such_package.*pip install "legacy-gateway\[soap\]"'):
        registry.load("soap")


def test_third_parties_add_adapters_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("carrier-pigeon", "adapters.soap:ADAPTER", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    assert "carrier-pigeon" in registry.names()
    assert isinstance(registry.load("carrier-pigeon"), AdapterType)


def test_an_entry_point_that_is_no_adapter_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("sys", "sys:path", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    with pytest.raises(TypeError, match="not an AdapterType"):
        registry.load("sys")


def test_importing_the_registry_imports_no_protocol_library() -> None:
    import subprocess

    libraries = {"xmlschema", "paramiko", "pyodbc", "paho"}
    code = f"import sys, adapters.registry; print(sorted({libraries} & {{*sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_tree_in_the_docstring_names_every_error_once() -> None:
    tree = errors.__doc__ or ""
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.AdapterError)
    }
    drawn = [word.strip("│├└─ ").split()[0] for word in tree.splitlines() if "──" in word]
    assert sorted([*drawn, "AdapterError"]) == sorted(classes)
