"""A server of sentence-transformers with FastAPI, as its users write it: MODEL PORT."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

app = FastAPI()
model = SentenceTransformer(sys.argv[1], device="cpu")


class Body(BaseModel):
    """The body of a request, in OpenAI's form."""

    input: str | list[str]
    model: str = ""


@app.post("/v1/embeddings")
def embeddings(body: Body) -> dict[str, object]:
    """Vectors of texts."""
    texts = [body.input] if isinstance(body.input, str) else body.input
    vectors = model.encode(texts).tolist()
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": vector}
            for i, vector in enumerate(vectors)
        ],
        "model": body.model,
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
