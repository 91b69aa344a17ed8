"""The moment at which most tests take place."""

from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday, in winter time
