"""The finished fragments of a file of vectors on an object store, until it is complete.

Objects cannot be appended to, so a commit is an empty object whose name says all about a fragment:
the store makes it whole or not at all, and one listing gives all commits. A range has at most one
fragment: of two commits, the first by name is used, and of a second command that encodes to the
same target, the first one stops.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.manifest import Fragment
from likewise.analysis.vector_parts import EmbeddingJob
from likewise.data.object_writer import objects_in, put_object, remove_objects, remove_prefix
from likewise.data.readers.object_store import ObjectAddress, open_object
from likewise.errors import OutputError, RecordError

_COMMIT = re.compile(r"commit-([0-9a-f]+)-(\d+)-(\d+)-(\d+)-(\d+)-(\d+)-(.+\.npy)")
"""The job, then the attributes of a fragment."""
_JOB = "job.json"
_OWNER = "owner-"


class ObjectManifest:
    """The fragments of one job, as `Manifest`.

    Args:
        folder: the prefix of the fragments, without a slash at its end.
        job: what is encoded; fragments of a different job are discarded.
        range_size: size of the ranges, in bytes; an unfinished job keeps its own.

    Attributes:
        folder: the prefix of the fragments.
        changed: the attributes in which a discarded earlier job differs from this one.
        range_size: size of the ranges.
        fragments: the committed fragments by the number of their range.

    Raises:
        OutputError: the store refuses.
    """

    def __init__(self, folder: ObjectAddress, job: EmbeddingJob, range_size: int) -> None:
        self.folder = folder
        self.range_size = range_size
        self.changed: tuple[str, ...] = ()
        self.fragments: dict[int, Fragment] = {}
        self._owner = f"{_OWNER}{secrets.token_hex(8)}"
        attributes = asdict(job)
        content = json.dumps(attributes, sort_keys=True).encode()
        self._job = hashlib.sha256(content).hexdigest()[:12]
        sizes = objects_in(folder)
        earlier = self._earlier() if _JOB in sizes else {}
        if earlier.get("job") == attributes:
            self.range_size = earlier["range_size"]
            self.fragments = _committed(sizes, self._job)
        elif sizes:
            if _committed(sizes):
                known = earlier.get("job", {})
                self.changed = tuple(n for n in attributes if known.get(n) != attributes[n])
            remove_objects(folder, sizes)
        put_object(self._address(self._owner), b"")
        if not self.fragments:
            job_file = {"job": attributes, "range_size": self.range_size}
            put_object(self._address(_JOB), json.dumps(job_file).encode())
        remove_objects(folder, [name for name in sizes if name.startswith(_OWNER)])

    def commit(self, fragment: Fragment) -> bool:
        """Commit a fragment; False if its range has one already.

        Raises:
            OutputError: the store refuses, or another command encodes to this target.
        """
        if fragment.number in self.fragments:
            return False
        self.check()
        put_object(self._address(_commit(fragment, self._job)), b"")
        self.fragments[fragment.number] = fragment
        return True

    def check(self) -> None:
        """Check that no other command encodes to this target since.

        Raises:
            OutputError: one does.
        """
        try:
            with open_object(self._address(self._owner)):
                pass
        except RecordError as error:
            raise OutputError(
                f"another command encodes to the target of {self.folder}",
                hint="wait for it, or choose another name",
            ) from error

    @property
    def texts(self) -> int:
        """Number of texts in committed fragments."""
        return sum(fragment.texts for fragment in self.fragments.values())

    def load(self, number: int) -> NDArray[np.float32]:
        """The vectors of a range."""
        with open_object(self._address(self.fragments[number].file)) as stream:
            vectors: NDArray[np.float32] = np.load(io.BytesIO(stream.read()))
        return vectors

    def discard(self) -> None:
        """Delete everything; the job first, so that no incomplete folder is ever resumed.

        What another command has begun meanwhile stays.
        """
        names = objects_in(self.folder)
        if self._owner not in names:
            return
        remove_objects(self.folder, [_JOB])
        remove_prefix(self.folder)

    def _earlier(self) -> dict[str, Any]:
        try:
            with open_object(self._address(_JOB)) as stream:
                found: dict[str, Any] = json.loads(stream.read())
        except (RecordError, ValueError):
            return {}
        return found

    def _address(self, name: str) -> ObjectAddress:
        return within(self.folder, name)


def write_fragment(
    folder: ObjectAddress, number: int, vectors: NDArray[np.float32]
) -> tuple[str, int]:
    """Write a fragment under a name that no other run of its task uses; its name and size."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(vectors))
    name = f"{number:08}-{secrets.token_hex(6)}.npy"
    put_object(within(folder, name), buffer.getvalue())
    return name, len(buffer.getvalue())


def within(folder: ObjectAddress, name: str) -> ObjectAddress:
    """The address of an object below a prefix."""
    return ObjectAddress(folder.scheme, folder.bucket, f"{folder.key}/{name}")


def object_folder(target: ObjectAddress) -> ObjectAddress:
    """The prefix of the finished fragments of a target."""
    parent, slash, name = target.key.rpartition("/")
    return ObjectAddress(target.scheme, target.bucket, f"{parent}{slash}.{name}.fragments")


def saved_in_objects(folder: ObjectAddress) -> int:
    """Number of texts in the committed fragments of a prefix."""
    try:
        return sum(fragment.texts for fragment in _committed(objects_in(folder)).values())
    except OutputError:
        return 0


def _commit(fragment: Fragment, job: str) -> str:
    counts = (fragment.number, fragment.texts, fragment.cut, fragment.tokens, fragment.size)
    return "-".join(["commit", job, *map(str, counts), fragment.file])


def _committed(sizes: dict[str, int], job: str | None = None) -> dict[int, Fragment]:
    """The fragments of a listing, each of the size that its commit names; of one job if given."""
    found: dict[int, Fragment] = {}
    for name in sorted(sizes):
        if match := _COMMIT.fullmatch(name):
            number, texts, cut, tokens, size = map(int, match.groups()[1:6])
            if job in (None, match[1]) and sizes.get(match[7]) == size:
                found.setdefault(number, Fragment(number, match[7], texts, cut, tokens, size))
    return found
