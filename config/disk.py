"""How much room the data folder has. Without room PostgreSQL stops, and cannot start again before there is some."""

import shutil
from pathlib import Path
from typing import Literal

Room = Literal["enough", "low", "very low", "none"]
LOW, VERY_LOW = 0.15, 0.05  # of the disk is free
NONE_BYTES = 48 * 2**20  # three files of PostgreSQL's log, without which it does not recover


def room(folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    if usage.free < NONE_BYTES:
        return "none"
    return "very low" if free < VERY_LOW else "low" if free < LOW else "enough"


def spare(folder: Path) -> int:
    """How many bytes something else than PostgreSQL may write there for a while."""
    usage = shutil.disk_usage(folder)
    return max(0, usage.free - max(NONE_BYTES, int(VERY_LOW * usage.total)))
