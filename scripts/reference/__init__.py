"""What the reference pages say, taken from live objects."""

__all__: list[str] = []
