"""The moment at which most tests take place, and the place."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday, in winter time
BERLIN = ZoneInfo("Europe/Berlin")  # of clinics and patients, unless a test says another
