"""Every error and warning of Likewise.

    LikewiseError                   carries a message and a hint: what to do next
    ├── InputError                  the input cannot be used (also a ValueError)
    │   ├── TextError               a text that cannot be encoded, with its index
    │   │   └── TooLongError        a text over the model's limit, with truncation="error"
    │   ├── ShapeError              vectors whose shapes do not fit together
    │   └── RecordError             a file or a row in it that cannot be read
    ├── CheckpointError             a checkpoint that cannot be used
    │   ├── ModelNotFoundError      the model was not found anywhere
    │   ├── DamagedFileError        a file that is missing, truncated or damaged
    │   ├── UnsupportedModelError   a valid checkpoint of an unsupported kind
    │   └── DownloadError           fetching it failed
    ├── EngineError                 the engine refused to compile or run
    ├── CollectionError             a collection that cannot be read or written now
    │   ├── CollectionNotFoundError no collection of this name
    │   ├── RecordNotFoundError     a collection has no record of this id
    │   └── DamagedCollectionError  a collection whose files are missing, cut short or changed
    ├── FingerprintError            vectors of two different models were about to be mixed
    ├── OverloadedError             a server has too much to do, with the time to wait
    ├── MissingExtraError           an optional package is not installed (also an ImportError)
    └── OutputError                 a result could not be written (also an OSError)

Warnings, for what is not an error:

    CheckpointWarning               a checkpoint lacks a setting, and a default was assumed
    TruncationWarning               texts over the model's limit were truncated
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
    """The input cannot be used."""


class TextError(InputError):
    """A text that cannot be encoded.

    Attributes:
        index: index among the input texts, from 0; None for a single text.
    """

    def __init__(self, message: str, *, hint: str = "", index: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.index = index

    def at(self, where: str) -> TextError:
        """The same error, whose message begins with a place such as a file."""
        return type(self)(f"{where}: {self.message}", hint=self.hint)


class TooLongError(TextError):
    """A text over the model's limit, with `truncation="error"`."""


class ShapeError(InputError):
    """Vectors whose shapes do not fit together."""


class RecordError(InputError):
    """A file, or a row in it, that cannot be read."""


class CheckpointError(LikewiseError):
    """A checkpoint that cannot be used."""


class ModelNotFoundError(CheckpointError):
    """The model was not found anywhere."""


class DamagedFileError(CheckpointError):
    """A checkpoint file that is missing, truncated or damaged."""


class UnsupportedModelError(CheckpointError):
    """A valid checkpoint of an unsupported kind."""


class DownloadError(CheckpointError):
    """Fetching a checkpoint failed."""


class EngineError(LikewiseError):
    """The engine refused to compile or to run a network."""


class CollectionError(LikewiseError):
    """A collection that cannot be read or written now."""


class CollectionNotFoundError(CollectionError):
    """No collection of this name."""


class RecordNotFoundError(CollectionError):
    """A collection has no record of this id."""


class DamagedCollectionError(CollectionError):
    """A collection whose files are missing, cut short or not what they should be."""


class FingerprintError(LikewiseError):
    """Vectors of two different models were about to be compared or mixed."""


class OverloadedError(LikewiseError):
    """A server has too much to do already.

    Attributes:
        retry_after: seconds after which it can be asked again.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class MissingExtraError(LikewiseError, ImportError):
    """An optional package is not installed."""


class OutputError(LikewiseError, OSError):
    """A result could not be written; no partial file remains."""


class CheckpointWarning(UserWarning):
    """A checkpoint lacks a setting, and a default was assumed."""


class TruncationWarning(UserWarning):
    """Texts over the model's limit were truncated."""
