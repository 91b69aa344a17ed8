"""What became of a message: as a word, and as a sentence for the patient it was for."""

from datetime import timedelta

from notifications.models import Notification, SnoozedFor
from notifications.outcome_words import OutcomeWords, outcome_words_in
from notifications.restraint import Because
from notifications.words import FOR_STAFF

State = Notification.State
SHOWN_FOR = timedelta(days=30)
OUTCOMES = ("done", "snoozed", "shown", "sent", "waiting", "skipped", "missed", "failed", "withheld")


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


def in_words(row: Notification, language: str = FOR_STAFF) -> str:
    words = outcome_words_in(language)
    became = outcome(row)
    if became == "done":
        return words.done
    if became == "skipped":
        if row.because == Because.SNOOZED and row.snoozed_for in words.how_long:
            return _put_off(words.not_again, words, row)
        return words.skipped[Because(row.because)]
    if became == "snoozed":
        return _snoozed(words, row)
    return words.shown if became == "shown" else words.states[row.state]


def _snoozed(words: OutcomeWords, row: Notification) -> str:
    if row.snoozed_for == SnoozedFor.TODAY:
        return words.not_today
    if row.state != State.SENT:
        return _put_off(words.put_off, words, row)
    came_back = row.sent_at and row.snoozed_at and row.sent_at > row.snoozed_at
    return _put_off(words.came_again if came_back else words.not_again, words, row)


def _put_off(sentence: str, words: OutcomeWords, row: Notification) -> str:
    return sentence.format(how_long=words.how_long[row.snoozed_for])
