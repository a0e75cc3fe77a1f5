"""Collections: indexed corpora on disk, synchronized with their sources, searched."""

from likewise.collections.collection import Collection
from likewise.collections.contract import Hit
from likewise.collections.open_collection import open_collection

__all__ = ["Collection", "Hit", "open_collection"]
