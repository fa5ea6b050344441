from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.http.reply import quote_numbers
from mappings import json as gateway_json

VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    if value is None or isinstance(value, bool | str):
        return value
    return gateway_json.encode(value).decode()


@given(VALUES)
def test_every_number_becomes_a_string_and_nothing_else_changes(value: Any) -> None:
    assert json.loads(quote_numbers(gateway_json.encode(value))) == _as_text(value)
