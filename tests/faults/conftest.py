"""The people of tests/notifications, and the long forms kept out of the ordinary run."""

import pytest

from tests.notifications.conftest import committed_world, world

__all__ = ["committed_world", "world"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make trust` asks for them by their marker; nobody waits half an hour unasked."""
    if "trust" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("trust")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
