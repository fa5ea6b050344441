"""Any format, compressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from mappings.compression.decoding import CompressedBlockDecoder, CompressedDecoder
from mappings.compression.encoding import (
    CompressedBlockEncoder,
    CompressedEncoder,
    GzipPacker,
    Packer,
    WritesBlocks,
    Wrong,
)
from mappings.compression.gzip_reader import gzip_reader
from mappings.compression.inflow import Unpacker
from mappings.compression.names import chooser, written_name
from mappings.compression.schema import Compression, GzipDefinition, ZipDefinition, settings_of
from mappings.compression.watching import Watchful, WatchfulBlocks
from mappings.compression.zip_reader import zip_reader
from mappings.compression.zip_writer import ZipPacker
from mappings.contract import BlockDecoder, Context, Details, Format, JsonSchema, Record


class CompressedFormat:
    """The records of a format whose data is compressed.

    Raises: ValueError with every contradiction in the definition, one a line.
    """

    def __init__(self, inner: Format, compression: Compression) -> None:
        self.inner = inner
        """The format of what is inside."""
        self._settings = settings_of(compression)
        problems = _problems(self._settings)
        if problems:
            raise ValueError("\n".join(problems))

    @property
    def content_type(self) -> str:
        """The media type of the bytes."""
        return "application/gzip" if isinstance(self._settings, GzipDefinition) else "application/zip"

    @property
    def has_several(self) -> bool:
        """Whether there may be several files inside."""
        return isinstance(self._settings, ZipDefinition) and self._settings.entries == "all"

    def schema(self) -> JsonSchema:
        """JSON Schema of one record."""
        return self.inner.schema()

    def decoder(self, context: Context, most_bytes: int | None = None) -> CompressedDecoder[Record]:
        """A decoder for one stream, of which no more than `most_bytes` may come out, or what the definition
        says."""

        def make() -> Watchful[Record]:
            return Watchful(self.inner.decoder(context), is_inside=True)

        return CompressedDecoder(self._unpacker(most_bytes), make, has_several=self.has_several)

    def blocks(self, make: Callable[[], BlockDecoder]) -> CompressedBlockDecoder:
        """A decoder of blocks for one stream, where there is one of what is inside."""

        def watched() -> WatchfulBlocks:
            return WatchfulBlocks(make(), is_inside=True)

        return CompressedBlockDecoder(self._unpacker(), watched, has_several=self.has_several)

    def encoder(self, context: Context) -> CompressedEncoder:
        """An encoder for one stream."""
        return CompressedEncoder(self.inner.encoder(context), self._packer(context))

    def block_writer(self, encoder: WritesBlocks[Wrong], context: Context) -> CompressedBlockEncoder[Wrong]:
        """An encoder of blocks for one stream, behind that of what is inside."""
        return CompressedBlockEncoder(encoder, self._packer(context))

    def details(self) -> Details:
        """What flows see of one stream."""
        return self.inner.details()

    def losses(self) -> Sequence[str]:
        """What of the format is not written again as it was, and the compression, which is done anew."""
        return (
            *self.inner.losses(),
            "compression: what is inside comes out the same, not the file around it",
        )

    def inside(self, chunks: Iterable[bytes], most_bytes: int | None = None) -> Iterator[bytes]:
        """What is inside of a file, of which no more than `most_bytes` may come out, or what the definition
        says. Raises: MappingError."""
        unpacker = self._unpacker(most_bytes)
        for chunk in chunks:
            yield from (piece for piece in unpacker.unpack(chunk) if isinstance(piece, bytes))
        yield from (piece for piece in unpacker.finish() if isinstance(piece, bytes))

    def _unpacker(self, most_bytes: int | None = None) -> Unpacker:
        settings = self._settings
        if most_bytes is not None and most_bytes < settings.max_bytes:
            settings = settings.model_copy(update={"max_bytes": most_bytes})
        return gzip_reader(settings) if isinstance(settings, GzipDefinition) else zip_reader(settings)

    def _packer(self, context: Context) -> Packer:
        settings = self._settings
        if isinstance(settings, GzipDefinition):
            return GzipPacker(settings.level)
        name = settings.written_name or written_name(settings.entry)
        return ZipPacker(name, settings.level, context.now)


def _problems(settings: GzipDefinition | ZipDefinition) -> list[str]:
    if isinstance(settings, GzipDefinition):
        return []
    name = settings.written_name
    if name is None:
        name = written_name(settings.entry)
    found = []
    parts = name.split("/")
    if ".." in parts or not all(parts) or parts[0].endswith(":"):
        found.append("compression.written_name: is no name of a file in an archive")
    if not chooser(settings.entry)(name):
        found.append("compression.written_name: is none of the names that `entry` reads")
    return found
