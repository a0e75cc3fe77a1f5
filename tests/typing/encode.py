"""What a type checker makes of a model's methods; `test_typing.py` checks this file with mypy."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

import likewise
from likewise.signatures import Matrix, Vector

model = likewise.load()
texts = ["A man is eating.", "Someone eats."]

assert_type(model.encode("one text"), Vector)
assert_type(model.encode({"text": "one text"}), Vector)
assert_type(model.encode(texts), Matrix)
assert_type(model.encode(iter(texts), batch_size=8, normalize_embeddings=True), Matrix)
assert_type(model.encode(texts, precision="int8"), NDArray[Any])
assert_type(model.encode(texts, convert_to_tensor=True), Tensor)
assert_type(model.encode("one text", convert_to_tensor=True), Tensor)
assert_type(model.encode("one text", convert_to_numpy=False), Tensor)
assert_type(model.encode(texts, convert_to_numpy=False), list[Tensor])
assert_type(model.encode("one text", output_value="token_embeddings"), Matrix)
assert_type(model.encode(texts, output_value="token_embeddings"), list[Matrix])
assert_type(model.encode("one text", output_value=None), dict[str, Any])
assert_type(model.encode(texts, output_value=None), list[dict[str, Any]])

assert_type(model.encode_query("one text"), Vector)
assert_type(model.encode_document(texts), Matrix)
assert_type(model.encode_document(texts, "passage"), Matrix)
assert_type(model.encode_query(texts, convert_to_tensor=True), Tensor)

assert_type(model.similarity("a", texts), NDArray[np.float32])
assert_type(model.similarity(model.encode(texts), texts), NDArray[np.float32])
assert_type(model.similarity_pairwise(texts, texts), NDArray[np.float32])
assert_type(model.similarity(model.encode(texts, convert_to_tensor=True), texts), Tensor)
assert_type(model.rank("a", texts, top_k=1), list[likewise.Ranked])

# not a text, no such option, no such value: each is an error, or the ignore would be unused
model.encode(3)  # type: ignore[call-overload]
model.encode(texts, precison="int8")  # type: ignore[call-overload]
model.encode(texts, truncation="drop")  # type: ignore[call-overload]
