"""Secrets by reference: what they stand for, how they are quoted, and that no problem shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

import pytest
from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, model_validator

from adapters.settings import ExistingFile, Settings
from gateway.config.document import read_document
from gateway.config.origin import Origin
from gateway.config.references import MAX_SECRET_BYTES, References, Unresolved
from gateway.config.validation import Validated, validate

CANARY = "canary-9f2e1c"
ENVIRON = {"S": CANARY, "BRACED": "a}b{c", "NUMBER": "17", "SHORT": "ab", "TRUE": "true", "FRACTION": "2.5"}


@pytest.fixture
def references(tmp_path: Path) -> References:
    return References(tmp_path, ENVIRON)


GOOD = [
    ("plain", "plain"),
    ("", ""),
    ("$", "$"),
    ("$S {x} $(x) $$", "$S {x} $(x) $$"),
    ("${env:S}", CANARY),
    ("a ${env:SHORT} b ${env:NUMBER}", "a ab b 17"),
    ("$${env:S}", "${env:S}"),
    ("$$${env:SHORT}", "$${env:SHORT}"),
    ("$${${env:SHORT}}", "${ab}"),
    ("${env:BRACED}${env:BRACED}", "a}b{ca}b{c"),
    ("é${env:SHORT}€", "éab€"),
]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_text(text: str, value: str, references: References) -> None:
    assert references.resolve(text)[0] == value


def test_a_value_is_not_searched_for_references(tmp_path: Path) -> None:
    references = References(tmp_path, {"A": "${env:B}", "B": "secret"})
    assert references.resolve("${env:A}")[0] == "${env:B}"


FILES = [
    (b"secret", "secret"),
    (b"secret\n", "secret"),
    (b"secret\r\n", "secret"),
    (b"secret\n\n", "secret\n"),
    (b" secret ", " secret "),
    ("pässwörd".encode(), "pässwörd"),
]


@pytest.mark.parametrize(("content", "value"), FILES)
def test_files(content: bytes, value: str, tmp_path: Path, references: References) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "s").write_bytes(content)
    assert references.resolve("${file:deep/s}")[0] == value
    assert references.resolve("${file:deep/../deep/s}")[0] == value
    assert references.resolve(f"${{file:{tmp_path}/deep/s}}")[0] == value


BAD_FILES = {
    "empty": (b"", "is empty"),
    "only-a-newline": (b"\n", "is empty"),
    "not-utf-8": (b"canary\xff", "not UTF-8"),
    "nul": (b"canary\0", "not text"),
    "large": (b"canary" * MAX_SECRET_BYTES, "larger than"),
}


@pytest.mark.parametrize(("content", "says"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_files_are_named_and_not_shown(
    content: bytes, says: str, tmp_path: Path, references: References
) -> None:
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(Unresolved, match=says) as caught:
        references.resolve("${file:s}")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_do_not_show_themselves(references: References) -> None:
    _, secrets = references.resolve("${env:S}")
    assert CANARY not in repr(secrets)


# --- models that use references ------------------------------------------------------------------------


def _tell(value: str) -> str:
    raise ValueError(f"the value {value!r} is not good enough")


def _tell_a_part(value: str) -> str:
    raise ValueError(f"begins with {value[:9]}")


class Model(Settings):
    """Every way in which a validator can come to tell a secret."""

    interpolation: ClassVar[Mapping[str, Callable[[str], str]]] = {
        "mixed": lambda value: "{" + value.replace("}", "}}") + "}"
    }
    mixed: Annotated[SecretStr, Field(max_length=100)] = SecretStr("")
    secret: Annotated[SecretStr, Field(max_length=20)] = SecretStr("")
    short: Annotated[SecretStr, Field(max_length=5)] = SecretStr("")
    tells: Annotated[str, AfterValidator(_tell)] = ""
    tells_a_part: Annotated[str, AfterValidator(_tell_a_part)] = ""
    file: ExistingFile | None = None
    number: Annotated[int, Field(ge=0, le=100)] = 0
    fraction: Annotated[float, Field(ge=0, le=100)] | None = None
    flag: bool = False
    text: Annotated[str, Field(max_length=100)] = ""
    several: Annotated[dict[str, SecretStr], Field(max_length=5)] = Field(default_factory=dict)
    whole_tells: bool = False

    @model_validator(mode="after")
    def _tell_all(self) -> Self:
        if self.whole_tells:
            raise ValueError(f"secret is {self.secret.get_secret_value()}")
        return self


def read(text: str, folder: Path) -> Validated[Model]:
    """The model that a file of this text describes."""
    file = folder / "x.yaml"
    file.write_text(text)
    node, found = read_document(file)
    assert node is not None
    assert found == []
    return validate(TypeAdapter(Model), Model, Origin(file, node), References(folder, ENVIRON), folder)


def test_values_inside_longer_text_are_quoted_and_whole_ones_are_not(tmp_path: Path) -> None:
    embedded = read('mixed: "Uid=x;Pwd=${env:BRACED};"', tmp_path).value
    assert embedded is not None
    assert embedded.mixed.get_secret_value() == "Uid=x;Pwd={a}}b{c};"
    whole = read("mixed: ${env:BRACED}", tmp_path).value
    assert whole is not None
    assert whole.mixed.get_secret_value() == "a}b{c"


def test_text_without_secrets_may_stand_in_a_mixed_field(tmp_path: Path) -> None:
    assert read('mixed: "Driver=SQLite3;Database=x"', tmp_path).value is not None
    assert read('mixed: "Driver=X;Pwd=;Uid="', tmp_path).value is not None


def test_references_stand_for_numbers_and_booleans_where_those_belong(tmp_path: Path) -> None:
    model = read(
        "number: ${env:NUMBER}\nfraction: ${env:FRACTION}\nflag: ${env:TRUE}\ntext: ${env:NUMBER}", tmp_path
    ).value
    assert model is not None
    assert (model.number, model.fraction, model.flag, model.text) == (17, 2.5, True, "17")


LITERALS = {
    "secret": ("secret: abc", "secret"),
    "in-a-mapping": ("several: {a: '${env:S}', b: abc}", "several.b"),
    "password-in-mixed": ('mixed: "Uid=x;Pwd=abc"', "mixed"),
    "braced-in-mixed": ('mixed: "PWD={abc};Uid=${env:S}"', "mixed"),
    "spaced-in-mixed": ('mixed: "Uid=x; Password = abc"', "mixed"),
    "escaped-in-mixed": ('mixed: "Pwd=$${env:S}"', "mixed"),
}


@pytest.mark.parametrize(("text", "key"), LITERALS.values(), ids=LITERALS)
def test_literal_secrets_are_refused_and_not_shown(text: str, key: str, tmp_path: Path) -> None:
    found = read(text, tmp_path)
    assert found.value is None
    assert [problem.key for problem in found.problems] == [key]
    assert "by reference only" in found.problems[0].message
    assert "abc" not in str(found.problems[0])


TELLING = {
    "whole-value": ("tells: ${env:S}", "the value '${env:S}' is not good enough"),
    "inside-text": ("tells: x-${env:S}-y", "the value 'x-${env:S}-y' is not good enough"),
    "short-value": ("tells: ${env:SHORT}", "the value '${env:SHORT}' is not good enough"),
    "a-part": ("tells_a_part: ${env:S}", "the reason is not shown because it quotes ${env:S}"),
    "another-field": ("whole_tells: true\nsecret: ${env:S}", "secret is ${env:S}"),
    "missing-file": ("file: ${env:S}", '"${env:S}" does not exist (looked for '),
    "too-long": ("short: ${env:S}", "must be a reference"),
    "wrong-type": ("number: ${env:S}", "must be a whole number from 0 to 100"),
    "out-of-bounds": ("number: 101\nsecret: ${env:S}", "is 101; must be"),
    "unknown-key": ("secrt: ${env:S}", 'did you mean "secret"?'),
    "list-for-secret": ("secret: ['${env:S}']", "must be a reference"),
    "mapping-for-text": ("text: {a: '${env:S}'}", "must be text"),
    "unknown-beside": ("secret: ${env:S}\nnumber: ${env:NOPE}", "NOPE is not set"),
}


@pytest.mark.parametrize(("text", "says"), TELLING.values(), ids=TELLING)
def test_no_problem_shows_what_a_reference_stands_for(text: str, says: str, tmp_path: Path) -> None:
    found = read(text, tmp_path)
    assert found.value is None
    shown = "\n".join(map(str, found.problems))
    assert says in shown
    assert CANARY not in shown
    assert CANARY[:9] not in shown


def test_later_findings_do_not_show_secrets_either(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("secret: ${env:S}\n")
    node, _ = read_document(file)
    assert node is not None
    origin = Origin(file, node)
    found = validate(TypeAdapter(Model), Model, origin, References(tmp_path, ENVIRON), tmp_path)
    later = origin.hiding(found.secrets).problem(("secret",), f"cannot connect with {CANARY}: refused")
    assert str(later).endswith(":1:9: secret: cannot connect with ${env:S}: refused")
    assert CANARY not in repr(origin.hiding(found.secrets))


def test_terminal_escapes_in_messages_and_keys_are_escaped(tmp_path: Path) -> None:
    shown = "\n".join(str(problem) for problem in read('"\\e[31m": 1\n', tmp_path).problems)
    assert "\\x1b[31m: unknown key" in shown
    assert "\x1b" not in shown
