"""The bodies of calls in the format of the port, with the control numbers that it asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.contract import ByteBody, JsonValue
from gateway.catalogue import Telling
from gateway.catalogue.codec import encode_value
from gateway.http.problems import INVALID_BODY, HttpProblem, mapping_errors
from gateway.http.read import whole_body
from gateway.messages import Counted, MessageStore
from mappings.contract import Format, MappingError


class Writing:
    """Writes the body of one call. `effect`: what names the call when it is repeated, None where nothing
    does: then it is written with the same numbers, so that whoever gets it twice knows it again."""

    def __init__(self, store: MessageStore, effect: str | None) -> None:
        self._store = store
        self._effect = effect

    async def body(self, value: JsonValue, format_: Format) -> ByteBody:
        """A value, or one record or several, valid by their schema. The numbers in it are kept before it is
        sent.

        Raises: HttpProblem when the format cannot carry a value; StoreFull, StoreFailed.
        """
        telling = Telling(self._store.next_number, now := datetime.now(UTC))
        data = await _written(value, format_, telling)
        if telling.used:
            kept = await self._keep(telling)
            if kept != telling.kept():
                data = await _written(value, format_, Telling(self._store.next_number, now, kept))
        return whole_body(data, format_.content_type)

    async def _keep(self, telling: Telling) -> bytes:
        """Keep what is new; by what the call was written first."""
        used, kept = [Counted(*each) for each in telling.used.items()], telling.kept()
        if self._effect is not None:
            return await self._store.count_once(used, self._effect, kept)
        await self._store.count(used)
        return kept


async def _written(value: JsonValue, format_: Format, telling: Telling) -> bytes:
    try:
        return await encode_value(value, format_, telling.context)
    except MappingError as error:
        raise HttpProblem(
            INVALID_BODY, "The body cannot be written in its format.", errors=mapping_errors([error])
        ) from error
