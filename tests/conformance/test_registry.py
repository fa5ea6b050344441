"""What holds for all adapters together: each has a kit, no waiver is stale, settings speak one language."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from adapters import registry
from adapters.settings import SystemSettings
from tests.conformance.waivers import WAIVERS

SYNONYMS = {
    "url": "endpoint",
    "uri": "endpoint",
    "address": "endpoint",
    "user": "username",
    "user_name": "username",
    "login": "username",
    "passwd": "password",
    "pwd": "password",
    "pass": "password",
    "secret": "password",
    "ssl": "tls",
    "use_tls": "tls",
    "use_ssl": "tls",
    "bind": "listen",
    "connection_timeout_s": "connect_timeout_s",
    "connect_timeout": "connect_timeout_s",
    "timeout": "timeout_s",
    "request_timeout_s": "timeout_s",
    "call_timeout_s": "timeout_s",
    "reply_timeout_s": "read_timeout_s",
    "receive_timeout_s": "read_timeout_s",
    "concurrency": "max_in_flight",
    "max_concurrency": "max_in_flight",
    "max_inflight": "max_in_flight",
    "pool_size": "max_connections",
    "ca_file": "ca",
    "ca_certs": "ca",
    "cert": "certificate",
    "private_key": "key",
    "enabled": "a value that says what is on",
}
"""Words that a setting may not have, and the one that says it everywhere."""

_BOUNDS: dict[str, tuple[set[str], ...]] = {
    "integer": ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}),
    "number": ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}),
    "string": ({"maxLength"},),
    "array": ({"maxItems"},),
    "object": ({"maxProperties"},),
}
_SECRET_NAMES = re.compile(r"password|passphrase|secret|token")
_TIME_NAMES = re.compile(r"timeout|interval|delay|keepalive|grace|expiry|(^|_)age($|_)")
_SIZE_NAMES = re.compile(r"(payload|request|reply|body|record|line|file)_size|max_size|buffer_size")


@pytest.mark.parametrize("name", registry.names())
def test_every_adapter_has_a_kit(name: str) -> None:
    assert find_spec(f"tests.conformance.kit_{name}") is not None, f"write tests/conformance/kit_{name}.py"


@pytest.mark.parametrize("name", registry.names())
def test_every_adapter_is_what_its_name_says(name: str) -> None:
    adapter = registry.load(name)
    assert adapter.name == name
    assert adapter.title
    assert issubclass(adapter.settings, SystemSettings)


@pytest.mark.parametrize("name", registry.names())
def test_every_adapter_has_a_readme(name: str) -> None:
    package = Path(inspect.getfile(registry.load(name).settings)).parent
    assert (package / "README.md").is_file()


def test_waivers_name_adapters_and_cases_that_exist(request: pytest.FixtureRequest) -> None:
    cases = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        cases.update(re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE))
    for (name, case), reason in WAIVERS.items():
        assert name in registry.names()
        assert case in cases, f"the waiver for {case} is stale"
        assert len(reason) > 20


# --- settings ----------------------------------------------------------------------------------------


def _schema(name: str) -> dict[str, Any]:
    return registry.load(name).settings.model_json_schema()


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(model, key, schema) of every field of a model and of the models inside it."""
    for model, definition in ({"": schema} | schema.get("$defs", {})).items():
        for key, value in definition.get("properties", {}).items():
            yield model or schema.get("title", ""), key, value


def _unbounded(schema: dict[str, Any]) -> Iterator[str]:
    """What a value of this schema may be without limit."""
    for word in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(word, ()):
            yield from _unbounded(option)
    if "enum" in schema or "const" in schema or "$ref" in schema:
        return
    kind = str(schema.get("type"))
    if schema.get("format") not in ("path", "file-path") and schema.get("additionalProperties") is not False:
        for bounds in _BOUNDS.get(kind, ()):
            if not bounds & schema.keys():
                yield f"of type {kind} without {' or '.join(sorted(bounds))}"
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), dict):
            yield from _unbounded(schema[inner])


@pytest.mark.parametrize("name", registry.names())
def test_every_setting_is_described(name: str) -> None:
    bare = [f"{m}.{key}" for m, key, schema in _properties(_schema(name)) if not schema.get("description")]
    assert bare == []


@pytest.mark.parametrize("name", registry.names())
def test_every_setting_is_bounded(name: str) -> None:
    flaws = [
        f"{model}.{key}: {flaw}"
        for model, key, schema in _properties(_schema(name))
        for flaw in _unbounded(schema)
    ]
    assert flaws == []


@pytest.mark.parametrize("name", registry.names())
def test_settings_use_the_common_words_and_name_their_units(name: str) -> None:
    flaws = []
    for model, key, schema in _properties(_schema(name)):
        if key in SYNONYMS:
            flaws.append(f"{model}.{key}: say {SYNONYMS[key]}")
        numeric = any(f'"{kind}"' in str(schema).replace("'", '"') for kind in ("integer", "number"))
        if numeric and _TIME_NAMES.search(key) and not key.endswith("_s"):
            flaws.append(f"{model}.{key}: seconds end in _s")
        if numeric and _SIZE_NAMES.search(key):
            flaws.append(f"{model}.{key}: sizes are named for what they count, as in max_body_bytes")
    assert flaws == []


@pytest.mark.parametrize("name", registry.names())
def test_secrets_have_the_type_that_hides_them(name: str) -> None:
    flaws = []
    for model, key, schema in _properties(_schema(name)):
        options = [schema, *schema.get("anyOf", ())]
        is_text = any(option.get("type") == "string" and "format" not in option for option in options)
        if _SECRET_NAMES.search(key) and is_text:
            flaws.append(f"{model}.{key} is not a {SecretStr.__name__}")
    assert flaws == []


@pytest.mark.parametrize("name", registry.names())
def test_unknown_keys_are_refused(name: str) -> None:
    for model, definition in ({"": _schema(name)} | _schema(name).get("$defs", {})).items():
        if definition.get("type") == "object" and "properties" in definition:
            assert definition.get("additionalProperties") is False, model
