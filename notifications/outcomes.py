"""What became of a message, in plain words for the patient it was for. No blame, nothing clinical."""

from datetime import timedelta

from notifications.models import Notification, SnoozedFor
from notifications.restraint import Because

State = Notification.State
SHOWN_FOR = timedelta(days=30)
OUTCOMES = ("done", "snoozed", "shown", "sent", "waiting", "skipped", "missed", "failed", "withheld")

SKIPPED = {
    Because.RED_FLAG: "Not sent: your program is stopped until your clinic has looked at your answers.",
    Because.ENDED: "Not sent: this program has ended.",
    Because.PAUSED: "Not sent: you have a break from messages.",
    Because.QUIET_HOURS: "Not sent: your quiet hours had begun.",
    Because.SNOOZED: "Not sent: you asked for no more of these that day.",
    Because.DONE: "Not sent: it was done already.",
    Because.NOTHING_ASKED: "Not sent: your program had nothing for you then.",
    Because.JUST_WALKED: "Not sent: you had just been for a walk.",
    Because.NOT_DUE: "Not sent: there were no questions for you then.",
    Because.ENOUGH: "Not sent: you had enough messages that day.",
    Because.FADING: "Not sent: we write about this less often for now. It comes back when you use it.",
    Because.REMOVED: "Not sent: you had changed or removed this reminder.",
    Because.READ: "Not sent: you had read it already.",
    Because.SILENT: "Not sent: it has been quiet for a while, so we asked your clinic to get in touch instead.",
}
SNOOZED = {
    SnoozedFor.HALF_AN_HOUR: "You put it off for 30 minutes",
    SnoozedFor.TWO_HOURS: "You put it off for 2 hours",
}
OTHER = {
    State.PENDING: "On its way.",
    State.SENDING: "On its way.",
    State.SENT: "Sent.",
    State.MISSED: "Not sent: it would have come too late.",
    State.FAILED: "Could not be delivered. Check how we may reach you.",
    State.WITHHELD: "Left out by lot, as you agreed, to learn whether these messages help.",
}


def outcome(row: Notification) -> str:
    """One of OUTCOMES. What the patient did with it comes first. Who reads many rows joins their receipts to them."""
    if row.done_at:
        return "done"
    if row.state == State.SKIPPED:
        return "skipped"
    if row.snoozed_for and row.state in (State.PENDING, State.SENDING, State.SENT):
        return "snoozed"
    if row.state == State.SENT and hasattr(row, "receipt"):
        return "shown"
    return "waiting" if row.state in (State.PENDING, State.SENDING) else str(row.state)


def in_words(row: Notification) -> str:
    if row.done_at:
        return "Done."
    if row.state == State.SKIPPED:
        if row.because == Because.SNOOZED and row.snoozed_for in SNOOZED:
            return f"{SNOOZED[SnoozedFor(row.snoozed_for)]}. It will not come back today."
        return SKIPPED[Because(row.because)]
    became = outcome(row)
    if became == "snoozed":
        return _snoozed(row)
    if became == "shown":
        return "Shown on your phone."
    return OTHER[State(row.state)]


def _snoozed(row: Notification) -> str:
    if row.snoozed_for == SnoozedFor.TODAY:
        return "You asked for no more of these that day."
    put_off = SNOOZED[SnoozedFor(row.snoozed_for)]
    if row.state != State.SENT:
        return f"{put_off}."
    came_back = row.sent_at and row.snoozed_at and row.sent_at > row.snoozed_at
    return f"{put_off}, and it came again." if came_back else f"{put_off}. It will not come back today."
