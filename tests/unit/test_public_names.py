"""Each package lists in `__all__` what it exposes, and exposes what it lists."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import adapters
import certs
import gateway
import mappings

ROOT = Path(__file__).parents[2]
SOURCES = [
    path for name in ("gateway", "adapters", "mappings", "certs") for path in (ROOT / name).rglob("*.py")
]


def _packages() -> list[str]:
    found = []
    for root in (gateway, adapters, mappings, certs):
        found.append(root.__name__)
        inside = pkgutil.walk_packages(root.__path__, f"{root.__name__}.")
        found += [module.name for module in inside if module.ispkg]
    return found


def _imports() -> list[tuple[str, str, str]]:
    """Every `from PACKAGE import NAME` of a module outside that package: importer, package, name."""
    packages = set(_packages())
    found = []
    for path in sorted(SOURCES):
        importer = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in packages:
                inside = importer == node.module or importer.startswith(f"{node.module}.")
                found += [(importer, node.module, alias.name) for alias in node.names if not inside]
    return found


@pytest.mark.parametrize("name", _packages())
def test_all_names_what_is_there(name: str) -> None:
    package = importlib.import_module(name)
    listed = package.__all__ if hasattr(package, "__all__") else None
    if listed is None:
        assert not _names(package), "a package that exposes names lists them in __all__"
        return
    assert len(set(listed)) == len(listed)
    assert [each for each in listed if not hasattr(package, each)] == []


def test_packages_use_of_each_other_only_what_is_listed() -> None:
    beyond = [
        f"{importer} takes {package}.{name}"
        for importer, package, name in _imports()
        if name not in getattr(importlib.import_module(package), "__all__", [])
        and importlib.util.find_spec(f"{package}.{name}") is None
    ]
    assert beyond == []


def _names(package: ModuleType) -> set[str]:
    """Public names that are neither submodules nor what `from __future__` leaves behind."""
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
