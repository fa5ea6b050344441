"""What turns out to be wrong once a system has described itself."""

from __future__ import annotations

from gateway.catalogue import Catalogue
from gateway.telemetry import get_logger

_log = get_logger("cli")


class RouteWatch:
    """Logs what could not be checked before, each thing once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._told: set[str] = set()
        catalogue.on_change(self._look)

    def _look(self) -> None:
        for problem in map(str, self._catalogue.check()):
            if problem not in self._told:
                self._told.add(problem)
                _log.error("a route cannot be served", problem=problem)
