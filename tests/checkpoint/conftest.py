"""The inventory looks at a hub too."""

from tests.hub.conftest import hub, server  # noqa: F401 - fixtures
