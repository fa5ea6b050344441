"""The settings of an inbox and of an outbox."""

from __future__ import annotations

import posixpath
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from adapters.settings import Settings
from adapters.sftp.marker import MarkerTemplate
from adapters.sftp.names import is_safe_path
from adapters.sftp.template import NameTemplate

FolderPath = Annotated[str, Field(min_length=1, max_length=1024)]


class _Box(Settings):
    path: FolderPath
    """The folder on the server, absolute or relative to the folder one is in after logging in."""

    format: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The format of the files, a mapping's name or json, ndjson, csv; without it files are plain bytes."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What these files are, shown in the API documentation."""

    @field_validator("path")
    @classmethod
    def _path_is_safe(cls, path: str) -> str:
        return _folder(path)


class CompleteWithMarker(Settings):
    """A file is complete when another file beside it says so."""

    marker: Annotated[str, Field(min_length=6, max_length=200)]
    """The name of that other file: text with {name}, the name of the file itself, such as {name}.done."""

    older_counts: Annotated[
        bool,
        Field(
            json_schema_extra={
                "relaxes": "a marker left behind by an earlier file of the same name makes the next one "
                "count as complete while it is still being written"
            }
        ),
    ] = False
    """Whether a marker counts that is older than its file. It says nothing about that file, unless the sender
    gives files times of its own."""

    @field_validator("marker")
    @classmethod
    def _marker_is_a_template(cls, marker: str) -> str:
        MarkerTemplate(marker)
        return marker


class CompleteWhenStable(Settings):
    """A file is complete when it no longer changes. The weakest rule: a sender may just be pausing."""

    stable_s: Annotated[float, Field(ge=0.1, le=86_400)] = 10.0
    """Seconds between two looks at which size and time of change are the same."""


class ThenArchive(Settings):
    """Files that were taken are moved to another folder."""

    archive: FolderPath
    """That folder, on the same file system of the server; made where it is missing."""

    @field_validator("archive")
    @classmethod
    def _path_is_safe(cls, path: str) -> str:
        return _folder(path)


class Inbox(_Box):
    """A folder whose files can be listed and fetched, and are taken by flows that read it."""

    pattern: Annotated[str, Field(min_length=1, max_length=100)] = "*"
    """Which names belong to the inbox: * any characters, ? one, [abc] one of them."""

    max_file_bytes: Annotated[int, Field(ge=1, le=2**40)] = 2**30
    """Bytes of the largest file that is fetched; a larger one is refused."""

    max_files: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    """Entries of the folder, fitting or not, that a listing looks at; a fuller folder is an error. A flow is
    given so many of the fitting files at a time."""

    complete_when: CompleteWithMarker | CompleteWhenStable | Literal["rename"] = CompleteWhenStable()
    """When a file is complete and may be taken: {marker: "{name}.done"}, {stable_s: 10}, or rename where a
    file gets a fitting name only once it is complete."""

    then: ThenArchive | Literal["delete", "keep"] = "keep"
    """What becomes of a file once it has been taken, which means stored here, whatever the flow makes of it:
    {archive: FOLDER}, delete, or keep, which leaves it and remembers that it was taken."""

    not_taken: FolderPath | None = None
    """The folder for files that are never taken (too large, or empty where that is refused), with the reason
    beside each; without it they stay where they are, and are passed over until they change."""

    poll_interval_s: Annotated[float, Field(ge=0.1, le=86_400)] = 10.0
    """Seconds between two looks into the folder."""

    ordered_by: Literal["name", "mtime"] = "name"
    """The order in which files that are complete at the same look are taken: by name, or the oldest first."""

    empty: Literal["accept", "ignore", "refuse"] = "ignore"
    """What becomes of a file without a byte: taken as it is, left until it has some, or put aside as one that
    is too large is."""

    marker_then: Literal["delete", "archive"] = "delete"
    """What becomes of the marker after its file was moved or deleted: deleted, or moved along with it."""

    @field_validator("not_taken")
    @classmethod
    def _not_taken_is_safe(cls, path: str | None) -> str | None:
        return None if path is None else _folder(path)

    @property
    def marker(self) -> MarkerTemplate | None:
        """The marker's name, where there are markers."""
        rule = self.complete_when
        return MarkerTemplate(rule.marker) if isinstance(rule, CompleteWithMarker) else None

    @property
    def archive(self) -> str | None:
        """The folder for files that were taken."""
        return self.then.archive if isinstance(self.then, ThenArchive) else None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        own = posixpath.normpath(self.path)
        archive = None if self.archive is None else posixpath.normpath(self.archive)
        not_taken = None if self.not_taken is None else posixpath.normpath(self.not_taken)
        if archive == own:
            raise ValueError("then.archive is the inbox's own path: its files would be taken again")
        if not_taken == own:
            raise ValueError("not_taken is the inbox's own path: its files would be found again")
        if not_taken is not None and not_taken == archive:
            raise ValueError("not_taken and then.archive are one folder: nobody could tell the files apart")
        if "marker_then" in self.model_fields_set and self.marker is None:
            raise ValueError("marker_then needs complete_when: {marker: ...}")
        if "marker_then" in self.model_fields_set and self.then == "keep":
            raise ValueError("marker_then needs then: {archive: ...} or delete; with keep markers stay too")
        if self.marker_then == "archive" and archive is None:
            raise ValueError("marker_then: archive needs then: {archive: ...}")
        return self


class Outbox(_Box):
    """A folder into which files are put."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "{uuid}.dat"
    """The name of each new file: text with {uuid}, {now:%Y%m%d} (UTC, strftime), {sequence:06} (one more than
    the highest in the folder) and {name} (given by the caller)."""

    temporary_suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9_-]+$", max_length=20)] = ".part"
    """The end of the name a file has while it is being written: a dot, random digits, this."""

    overwrite: bool = False
    """Replace a file that already has the name; otherwise that is an error."""

    keeps_files: bool = False
    """Whether files stay in the folder for as long as a put may be repeated, or the reader never takes a
    second one of the same name. Then a put of unknown outcome is repeated under its name instead of being
    held; the name must have {uuid}, and neither {now} nor {sequence}."""

    @field_validator("name")
    @classmethod
    def _name_is_a_template(cls, name: str) -> str:
        NameTemplate(name)
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.keeps_files and not NameTemplate(self.name).is_steady:
            raise ValueError("keeps_files needs a name with {uuid}, and neither {now} nor {sequence}")
        return self


def _folder(path: str) -> str:
    if not is_safe_path(path):
        raise ValueError("holds a control character")
    return path if path == "/" else path.rstrip("/")
