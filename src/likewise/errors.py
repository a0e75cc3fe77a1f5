"""Every error and warning of Likewise.

    LikewiseError                   carries a message and a hint: what to do next
    ├── InputError                  what was handed in cannot be used (also a ValueError)
    │   ├── TextError               a text that cannot be encoded, with its index
    │   │   └── TooLongError        a text over the model's limit where cutting is not wanted
    │   ├── ShapeError              vectors whose shapes do not fit together
    │   └── RecordError             a file or a row in it that cannot be read
    ├── CheckpointError             a checkpoint that cannot be used
    │   ├── ModelNotFoundError      no such model anywhere we looked
    │   ├── DamagedFileError        a file that is missing, cut short or not what it should be
    │   ├── UnsupportedModelError   a well-formed checkpoint of a kind we cannot run
    │   └── DownloadError           fetching it failed
    ├── EngineError                 the engine refused to compile or run
    ├── CollectionError             a collection that cannot be read or written now
    │   ├── CollectionNotFoundError no collection of this name
    │   └── DamagedCollectionError  a collection whose files are missing, cut short or changed
    ├── FingerprintError            vectors of two different models were about to be mixed
    ├── MissingExtraError           an optional package is not installed (also an ImportError)
    └── OutputError                 a result could not be written (also an OSError)

Warnings, for what is not an error:

    CheckpointWarning               a checkpoint does not say all, and something was assumed
    TruncationWarning               texts were longer than the model reads, and their ends were cut
"""

from __future__ import annotations


class LikewiseError(Exception):
    """Root of the tree.

    Attributes:
        message: what happened, to what: one lower-case line.
        hint: what to do next; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message


class InputError(LikewiseError, ValueError):
    """What was handed in cannot be used."""


class TextError(InputError):
    """A text that cannot be encoded.

    Attributes:
        index: its place among the texts handed in, counted from 0; None where there is but one.
    """

    def __init__(self, message: str, *, hint: str = "", index: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.index = index


class TooLongError(TextError):
    """A text over the model's limit, where `truncation="error"` was asked for."""


class ShapeError(InputError):
    """Vectors whose shapes do not fit together."""


class RecordError(InputError):
    """A file, or a row in it, that cannot be read."""


class CheckpointError(LikewiseError):
    """A checkpoint that cannot be used."""


class ModelNotFoundError(CheckpointError):
    """No such model anywhere we looked."""


class DamagedFileError(CheckpointError):
    """A checkpoint file that is missing, cut short or not what it should be."""


class UnsupportedModelError(CheckpointError):
    """A well-formed checkpoint of a kind that cannot be run."""


class DownloadError(CheckpointError):
    """Fetching a checkpoint failed."""


class EngineError(LikewiseError):
    """The engine refused to compile or to run a network."""


class CollectionError(LikewiseError):
    """A collection that cannot be read or written now."""


class CollectionNotFoundError(CollectionError):
    """No collection of this name."""


class DamagedCollectionError(CollectionError):
    """A collection whose files are missing, cut short or not what they should be."""


class FingerprintError(LikewiseError):
    """Vectors of two different models were about to be compared or mixed."""


class MissingExtraError(LikewiseError, ImportError):
    """An optional package is not installed."""


class OutputError(LikewiseError, OSError):
    """A result could not be written; nothing half-written is left behind."""


class CheckpointWarning(UserWarning):
    """A checkpoint does not say all that is needed, and something was assumed."""


class TruncationWarning(UserWarning):
    """Texts were longer than the model reads, and their ends were cut."""
