"""Who needs a person first: the one reason for which a patient stands where they stand in the worklist. PURE."""

from datetime import timedelta
from enum import IntEnum

HURT_TIMES = 2  # exercises answered "hurts too much" within HURT_WITHIN; P
HURT_WITHIN = timedelta(days=7)  # P


class Need(IntEnum):
    """The first of these that holds is a patient's place; 0 needs somebody first."""

    RED_FLAG = 0
    WORSE = 1
    REVIEW = 2
    NO_DATA = 3
    HURT_TWICE = 4
    UNREAD = 5
    REVIEW_DUE = 6
    WATCH = 7  # and whoever is in their first week: nothing is wrong when nothing is known yet
    WELL = 8  # on track, or relieved
