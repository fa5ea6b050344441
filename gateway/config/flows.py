"""`flows/`: what is done with what arrives."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, TypeAlias

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from adapters.settings import Settings
from gateway.config.alternatives import UNKNOWN_MODEL
from gateway.config.operation_name import OperationName
from gateway.config.suggest import near_miss, suggestion
from mappings.transform import ConditionText, ExpressionText, TransformDefinition

MAX_STEPS = 100
"""Steps of one list; further bounds are those of a file."""
MAX_BATCH = 10_000
MEMBER = r"[A-Za-z_][A-Za-z0-9_]{0,63}"

_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*\.[^\s/]+")
_CRON_FIELDS = 5
_SOURCES = (
    "must be SYSTEM.CHANNEL, such as bank.statements, or a mapping with the key schedule, "
    "or a mapping with the key post"
)
_SAMPLE = datetime(2024, 1, 1, tzinfo=UTC)


def _channel(value: str) -> str:
    if not _CHANNEL.fullmatch(value):
        raise ValueError(_SOURCES)
    return value


def _schedule(value: str) -> str:
    if len(value.split()) != _CRON_FIELDS:
        raise ValueError('must have five fields: minute hour day month weekday, such as "*/5 * * * *"')
    try:
        next(CronSim(value, _SAMPLE))
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        raise ValueError(
            f"the field {name} is wrong; allowed: *, numbers, ranges a-b, lists a,b, steps */n"
        ) from None
    except StopIteration:
        raise ValueError("never comes") from None
    return value


def _timezone(value: str) -> str:
    if value not in zoneinfo.available_timezones():
        near = suggestion(value, zoneinfo.available_timezones())
        raise ValueError(f"there is no such time zone; {near}allowed: names such as UTC or Europe/Berlin")
    return value


class ScheduleSource(Settings):
    """A flow that runs at times."""

    known_by: ClassVar[str] = "schedule"

    schedule: Annotated[str, Field(max_length=200), AfterValidator(_schedule)]
    """When, as cron writes it: minute, hour, day of the month, month, day of the week."""

    timezone: Annotated[str, Field(max_length=100), AfterValidator(_timezone)] = "UTC"
    """The time zone that the schedule is meant in, such as Europe/Berlin."""

    missed: Literal["run_once_late", "skip"] = "run_once_late"
    """What is done at the start about times that came while the gateway did not run: one run for the last of
    them, or nothing."""


class PostSettings(Settings):
    """What may be posted to a flow."""

    format: Annotated[str, Field(min_length=1, max_length=100)] = "json"
    """The format of what is posted: a mapping, or json, ndjson or csv."""


class PostSource(Settings):
    """A flow that callers start."""

    known_by: ClassVar[str] = "post"

    post: PostSettings
    """Callers start the flow by POST /api/flows/{flow}; each record of the body goes through the steps."""


class RetrySettings(Settings):
    """What is done after a failure that may pass."""

    attempts: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Attempts without any progress after which a message becomes a dead letter."""

    first_s: Annotated[float, Field(gt=0, le=3600)] = 1.0
    """Seconds before the second attempt; the wait doubles with each, and chance shortens it."""

    max_s: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """The longest wait between two attempts, in seconds."""

    @model_validator(mode="after")
    def _waits_grow(self) -> RetrySettings:
        if self.first_s > self.max_s:
            raise ValueError("first_s is larger than max_s")
        return self


class MapStep(Settings):
    """Make another record of each."""

    known_by: ClassVar[str] = "map"

    map: Annotated[str, Field(min_length=1, max_length=100)] | TransformDefinition
    """The transform: the name of one of mappings/, or one written here, under the key transform."""


class FilterStep(Settings):
    """Go on with some records only."""

    known_by: ClassVar[str] = "filter"

    filter: ConditionText
    """An expression; records for which it is not true are counted and go no further."""


def _as_expression(value: object) -> object:
    """Whole numbers and truth values stand for themselves. Text is always an expression: nobody could tell
    `EUR` from the member of that name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(
            "must be an expression, as text: a member such as customer.id, text in quotes of its own such as "
            '"\'EUR\'", a number such as "1.10", a list such as "[\'a\', \'b\']", or null as "null"'
        )
    return value


ArgumentText = Annotated[
    ExpressionText,
    BeforeValidator(_as_expression),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 10_000}, {"type": ["integer", "boolean"]}]}
    ),
]
"""An expression, or a whole number or a truth value that stands for itself."""


class CallStep(Settings):
    """Call an operation, for each record or for a batch of them."""

    known_by: ClassVar[str] = "call"

    call: OperationName
    """The operation, SYSTEM.OPERATION, such as warehouse.payments.insert."""

    id: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None
    """The name of the step in failures and idempotency keys; without it, its position and the operation."""

    batch: Annotated[int, Field(ge=2, le=MAX_BATCH)] | None = None
    """Records that are sent in one call, for operations that take many."""

    parameters: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], ArgumentText],
        Field(alias="with", default_factory=dict, max_length=200),
    ]
    """What the call carries: parameters of the operation and else members of its body, each an expression: a
    member such as customer.id, text in quotes of its own such as "'EUR'", a number such as 3. Without it,
    the record is the body."""

    reply_as: Annotated[
        Annotated[str, Field(max_length=64, pattern=f"^{MEMBER}$")] | None, Field(alias="as")
    ] = None
    """Put the answer into the record, under this name."""

    idempotent: bool = False
    """Repeating this call is harmless: where it is not known whether it was carried out, it is made again,
    and the message is not held until somebody decides."""


class WhenBranch(Settings):
    """Steps for the records of which an expression is true."""

    known_by: ClassVar[str] = "when"

    when: ConditionText
    """An expression; the first branch for which it is true takes the record."""

    steps: Annotated[list[Step], Field(max_length=MAX_STEPS)]
    """What is done with these records."""


class OtherwiseBranch(Settings):
    """Steps for the records that no other branch takes."""

    known_by: ClassVar[str] = "otherwise"

    otherwise: Annotated[list[Step], Field(max_length=MAX_STEPS)]
    """What is done with the records that no other branch takes."""


def _branches(value: list[Branch]) -> list[Branch]:
    others = [index for index, one in enumerate(value) if isinstance(one, OtherwiseBranch)]
    if others and others != [len(value) - 1]:
        raise ValueError("`otherwise` comes once, as the last branch")
    if len(others) == len(value):
        raise ValueError("has no branch with `when`; allowed: at least one")
    return value


class ChooseStep(Settings):
    """Go on differently with different records; afterwards all go on together."""

    known_by: ClassVar[str] = "choose"

    choose: Annotated[list[Branch], Field(min_length=1, max_length=MAX_STEPS), AfterValidator(_branches)]
    """Branches, each with `when` and `steps`; the last may be `otherwise`. A record that none takes goes on
    behind this step."""


def _step_kind(value: object) -> str | None:
    return _known(value, ("map", "filter", "choose", "call"))


def _branch_kind(value: object) -> str | None:
    return _known(value, ("when", "otherwise"))


def _known(value: object, kinds: Sequence[str]) -> str | None:
    """Which model is meant: by the key that is there, else by one that is there with a slip."""
    if isinstance(value, Settings):
        return f"a {getattr(value, 'known_by', '')}"
    keys = [str(key) for key in value] if isinstance(value, Mapping) else []
    found = [kind for kind in kinds if kind in keys] or [kind for kind in kinds if near_miss(kind, keys)]
    return f"a {found[0]}" if len(found) == 1 else None


Step: TypeAlias = Annotated[
    Annotated[MapStep, Tag("a map")]
    | Annotated[FilterStep, Tag("a filter")]
    | Annotated[ChooseStep, Tag("a choose")]
    | Annotated[CallStep, Tag("a call")],
    Discriminator(
        _step_kind,
        custom_error_type=UNKNOWN_MODEL,
        custom_error_message="a step is a mapping with exactly one of the keys: map, filter, choose, call",
    ),
]
Branch: TypeAlias = Annotated[
    Annotated[WhenBranch, Tag("a when")] | Annotated[OtherwiseBranch, Tag("a otherwise")],
    Discriminator(
        _branch_kind,
        custom_error_type=UNKNOWN_MODEL,
        custom_error_message="a branch is a mapping with exactly one of the keys: when, otherwise",
    ),
]


def _source_kind(value: object) -> str | None:
    return "a channel" if isinstance(value, str) else _known(value, ("schedule", "post"))


Source: TypeAlias = Annotated[
    Annotated[str, Field(max_length=300), AfterValidator(_channel), Tag("a channel")]
    | Annotated[ScheduleSource, Tag("a schedule")]
    | Annotated[PostSource, Tag("a post")],
    Discriminator(
        _source_kind,
        custom_error_type=UNKNOWN_MODEL,
        custom_error_message=_SOURCES,
    ),
]


class AcknowledgeSettings(Settings):
    """Where the answer goes that the standard of a file has for its sender."""

    call: OperationName
    """The operation that sends it, SYSTEM.OPERATION, such as partner.acknowledgements.put; one that takes
    bytes without a format."""

    parameters: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], ArgumentText],
        Field(alias="with", default_factory=dict, max_length=200),
    ]
    """Parameters of the operation, each an expression over `message`, such as
    "message.headers['sftp.name']"."""

    idempotent: bool = False
    """Sending it twice is harmless: where it is not known whether it was sent, it is sent again, and is not
    held until somebody decides."""


class FlowSettings(Settings):
    """One flow."""

    source: Annotated[Source, Field(alias="from")]
    """Where messages come from: a channel, SYSTEM.CHANNEL, such as bank.statements; a schedule; or post."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What this flow is for."""

    order_by: ExpressionText | None = None
    """An expression over what arrives: messages with the same value run one after the other, in the order of
    their arrival. Files have no single value: with it, those of a channel run one after the other. Without
    it, messages run side by side."""

    acknowledge: AcknowledgeSettings | None = None
    """Send the acknowledgement that the format of what arrives makes of it (TA1, 997, 999, CONTRL, ACK), as
    its definition says under `acknowledge`, as soon as it was read."""

    on_record_error: Literal["reject_file", "dead_letter_record"] = "reject_file"
    """What one bad record of a file means. reject_file: the whole file is read and mapped before anything is
    sent, and is a dead letter when a record is bad. dead_letter_record: the record is, the others go on."""

    max_in_flight: Annotated[int, Field(ge=1, le=1000)] = 4
    """Messages of this flow that run at the same time."""

    steps: Annotated[list[Step], Field(max_length=MAX_STEPS)]
    """What is done with each record, in this order."""

    retry: RetrySettings = RetrySettings()
    """How often and when a message is tried again after a failure that may pass."""


for _model in (WhenBranch, OtherwiseBranch, ChooseStep, FlowSettings):
    _model.model_rebuild()
