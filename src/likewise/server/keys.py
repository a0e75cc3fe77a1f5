"""What the key of a request may do."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Literal

Scope = Literal["read", "write", "admin"]
"""Read changes nothing; write changes collections and starts jobs; admin manages the server."""

STATE = "likewise.key"
"""Where the access middleware puts the key of a request: an entry of `scope["state"]`."""


def allows(scope: MutableMapping[str, Any], needed: Scope) -> bool:
    """Whether the key of a request has a scope; without configured keys every scope is allowed.

    Args:
        scope: the ASGI scope of the request.
        needed: the scope that the request needs.
    """
    key = scope.get("state", {}).get(STATE)
    return key is None or needed in key.scopes
