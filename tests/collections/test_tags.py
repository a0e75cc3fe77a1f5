"""Tags: fields that people set, kept by later runs and reverted by undo."""

from __future__ import annotations

import pytest

from likewise.collections.collection import Collection
from likewise.errors import InputError
from tests.collections.samples import records


def test_tags_are_fields_that_outlive_a_run_and_can_be_undone(collection: Collection) -> None:
    hits = collection.browse(k=100)
    first, second, third = (hit.id.partition(".")[0] for hit in hits[:3])
    query = hits[0].text
    before = [hit.id for hit in collection.search(query, 5)]
    changed = collection.tag("my tag", {first: "good", second: "bad"})
    assert changed >= 2
    [good] = collection.browse(where="`my tag` = 'good'")
    assert good.id.startswith(first)
    assert good.fields["my tag"] == "good"
    assert [hit.id for hit in collection.search(query, 5)] == before
    again = collection.add(records())  # as the sources are read again
    assert (again.added, again.removed) == (0, 0)
    collection.tag("my tag", {second: None, third: "good"})
    assert collection.count("`my tag` = 'good'") == 2
    assert collection.count("`my tag` = 'bad'") == 0
    assert collection.log()[-1].action == "tag"
    collection.undo()
    assert collection.count("`my tag` = 'bad'") == 1


@pytest.mark.parametrize("column", ["text", "vector", "a'b", "", "1st"])
def test_columns_that_cannot_be_tags(collection: Collection, column: str) -> None:
    with pytest.raises(InputError, match="cannot be called"):
        collection.tag(column, {collection.browse(k=1)[0].id: "x"})
