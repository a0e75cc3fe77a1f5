"""The chunks of a collection with their stored vectors, for operations over a whole corpus."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from likewise.analysis.embedded_corpus import EmbeddedCorpus, corpus_of
from likewise.collections.reader import CollectionReader
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.operations.session import Session


@dataclass(frozen=True)
class StoredText:
    """A text of a collection, as results show it.

    Attributes:
        id: of its chunk.
        text: the text.
        source: its file.
        line: in the file.
    """

    id: str
    text: str
    source: str
    line: int


@dataclass(frozen=True)
class CollectionCorpus:
    """A collection as a corpus.

    Attributes:
        corpus: n chunks with their vectors.
        ids: their ids.
    """

    corpus: EmbeddedCorpus
    ids: tuple[str, ...]

    def text(self, row: int) -> StoredText:
        """The text of a row."""
        record = self.corpus.records[row]
        return StoredText(self.ids[row], record.text, record.source, record.line)


def collection_corpus(
    session: Session, collection: CollectionReader, *, where: str | None = None
) -> CollectionCorpus:
    """Read a collection; nothing is encoded.

    Args:
        session: checked for cancellation.
        collection: the collection.
        where: an SQL condition.

    Raises:
        InputError: there is nothing in it, or a bad condition.
        CollectionError: it cannot be read.
        OutputError: the cache cannot be written.
    """
    session.cancel.check()
    stored = collection.stored(where=where)
    if not stored.hits:
        raise InputError(
            f"the collection {collection.name!r} has nothing to compare", hint="index files first"
        )
    records = [Record(h.text, h.fields, h.source, h.line, title=h.title) for h in stored.hits]
    ids = tuple(hit.id for hit in stored.hits)
    digest = hashlib.sha256(collection.manifest.fingerprint.encode())
    digest.update("\0".join(ids).encode())
    key = digest.hexdigest()[:32]
    words = session.models.get(collection.manifest.model, collection.manifest.compute).whole_words
    return CollectionCorpus(corpus_of(records, stored.vectors, key, words), ids)
