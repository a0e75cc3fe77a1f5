"""Requests made from the OpenAPI document: whatever they hold, the server answers without 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis import openapi as documents
from schemathesis.core.result import Err, Ok

EXAMPLES = 4
"""Valid requests of each operation, and as many invalid ones."""

LEFT_OUT = ("/events", "/bench", "/verify", "/quantize", "/export", "/download", "/{model}")
"""Streams; and what deletes models or keeps the machine busy for long."""


def operations(server: Any) -> list[Any]:
    document = server.client.get("/openapi.json").json()
    document["paths"] = {
        path: item for path, item in document["paths"].items() if not path.endswith(LEFT_OUT)
    }
    results = list(documents.from_dict(document).get_all_operations())
    assert not [result for result in results if isinstance(result, Err)]
    return [result.ok() for result in results if isinstance(result, Ok)]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_is_an_error_of_the_server(server: Any, mode: GenerationMode) -> None:
    address = server.base.removesuffix("/api/v1")
    found = operations(server)
    assert len(found) > 30
    for operation in found:
        takes_nothing = not operation.body and not list(operation.iter_parameters())
        if mode == GenerationMode.NEGATIVE and takes_nothing:
            continue

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(base_url=address, timeout=120)
            assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"
            if answer.status_code >= 400:
                assert answer.json()["error"]["message"]

        ask()
