"""The people of tests/notifications."""

from tests.notifications.conftest import committed_world, world

__all__ = ["committed_world", "world"]
