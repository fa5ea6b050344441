"""Secrets by reference: `${env:NAME}` and `${file:PATH}` inside text; `$${` stands for a literal `${`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.config.problems import printable

MAX_SECRET_BYTES = 64 * 1024
# Any run of this many characters of a secret in a message means that the message quotes the secret.
_EXCERPT = 8
_TOKEN = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


class Unresolved(Exception):
    """A reference cannot be followed. The message names the reference, never a value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What one reference stood for. `shown` is the reference as written."""

    shown: str
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.shown})"


class References:
    """Follows references, each once, against an environment and the configuration folder."""

    def __init__(self, base_dir: Path, environ: Mapping[str, str]) -> None:
        self._base_dir = base_dir
        self._environ = environ
        self._known: dict[str, str] = {}

    def resolve(self, text: str, quote: Callable[[str], str] | None = None) -> tuple[str, list[Secret]]:
        """The text with its references replaced, and what they stood for.

        `quote` makes a value safe inside a longer text; a reference that is the whole text is taken as it is.
        Raises: Unresolved.
        """
        secrets: list[Secret] = []

        def replacement(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            if match["inside"] is None:
                raise Unresolved(
                    '"${" without "}"; allowed: ${env:NAME}, ${file:PATH}, and $${ for a literal ${'
                )
            value = self._value(match["inside"])
            whole = match.start() == 0 and match.end() == len(text)
            secrets.append(Secret(printable(match[0]), value))
            if quote is None or whole:
                return value
            try:
                return quote(value)
            except ValueError as error:
                # The error's own text may quote the value.
                raise Unresolved(
                    f"what {printable(match[0])} stands for cannot be put into this text"
                ) from error

        return _TOKEN.sub(replacement, text), secrets

    def _value(self, inside: str) -> str:
        if inside not in self._known:
            kind, _, name = inside.partition(":")
            if kind == "env":
                self._known[inside] = self._from_environment(name)
            elif kind == "file":
                self._known[inside] = self._from_file(name)
            else:
                raise Unresolved(
                    f"{_shown(inside)} is not a reference; allowed: ${{env:NAME}}, ${{file:PATH}}, "
                    "and $${ for a literal ${"
                )
        return self._known[inside]

    def _from_environment(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise Unresolved(
                f"{_shown(f'env:{name}')}: the name of an environment variable has letters, digits and _ only"
            )
        value = self._environ.get(name)
        if value is None:
            raise Unresolved(f"{_shown(f'env:{name}')}: the environment variable {name} is not set")
        if not value:
            raise Unresolved(f"{_shown(f'env:{name}')}: the environment variable {name} is empty")
        return _checked(value, f"env:{name}")

    def _from_file(self, name: str) -> str:
        reference = f"file:{name}"
        path = Path(os.path.normpath(self._base_dir / name)) if name and "\0" not in name else None
        if path is None or not (Path(name).is_absolute() or path.is_relative_to(self._base_dir)):
            raise Unresolved(
                f"{_shown(reference)}: allowed is an absolute path, or one below the configuration folder"
            )
        try:
            with path.open("rb") as file:
                data = file.read(MAX_SECRET_BYTES + 1)
        except OSError as error:
            raise Unresolved(f"{_shown(reference)}: {path} cannot be read: {error.strerror}") from error
        if len(data) > MAX_SECRET_BYTES:
            raise Unresolved(f"{_shown(reference)}: {path} is larger than {MAX_SECRET_BYTES} bytes")
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError:
            # No cause: a UnicodeDecodeError holds the bytes.
            raise Unresolved(f"{_shown(reference)}: {path} is not UTF-8 text") from None
        value = value.removesuffix("\n").removesuffix("\r")
        if not value:
            raise Unresolved(f"{_shown(reference)}: {path} is empty")
        return _checked(value, reference)


def hide(message: str, secrets: Sequence[Secret]) -> str:
    """The message with every secret replaced by its reference; withheld when it quotes a part of one."""
    for secret in sorted(secrets, key=lambda item: -len(item.value)):
        for form in {secret.value, json.dumps(secret.value)[1:-1], repr(secret.value)[1:-1]}:
            # A short secret is looked for as a word only, or ordinary words would be taken apart.
            parts = re.split(rf"(?<!\w){re.escape(form)}(?!\w)", message)
            message = secret.shown.join(parts)
            if len(form) >= _EXCERPT:
                message = message.replace(form, secret.shown)
    for secret in secrets:
        if _quotes(message, secret):
            return f"not accepted; the reason is not shown because it quotes {secret.shown}"
    return message


def _quotes(message: str, secret: Secret) -> bool:
    value, rest = secret.value, message.replace(secret.shown, "")
    return any(value[at : at + _EXCERPT] in rest for at in range(len(value) - _EXCERPT + 1))


def _checked(value: str, reference: str) -> str:
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise Unresolved(f"{_shown(reference)} stands for something that is not text")
    return value


def _shown(inside: str) -> str:
    return printable(f"${{{inside}}}")
