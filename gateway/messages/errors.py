"""What keeps the store from doing what was asked.

StoreError
├── StoreFull        nothing was stored; try again later
├── StoreFailed      nothing is accepted any more; open it anew
│   └── CannotOpen   a person has to do something first
├── StoreBusy        another process holds it
├── LeaseLost        drop the run: the message is another's
├── Damaged          what is stored is not what was written
├── UnknownMessage
└── NotAllowed       the message is in another state
"""

from __future__ import annotations


class StoreError(Exception):
    """Anything that kept the store from doing what was asked."""


class StoreFull(StoreError):
    """No room, or too many messages wait: nothing was stored. May work again later."""


class StoreFailed(StoreError):
    """The disk or the database failed. Nothing is accepted any more until the store is opened anew."""


class CannotOpen(StoreFailed):
    """The store cannot be opened. The text says what a person can do; another attempt would not help."""


class StoreBusy(StoreError):
    """Another process holds the store."""


class LeaseLost(StoreError):
    """The message is no longer this lease's: it was given to another, or a person took it."""


class Damaged(StoreError):
    """What was stored under this message cannot be read as it was written: it was changed, or the key is
    another."""


class UnknownMessage(StoreError, LookupError):
    """There is no message of this id."""


class NotAllowed(StoreError):
    """The message is not in a state in which this can be done; the text says which would be."""
