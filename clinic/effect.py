"""What the clinic's reminders do, measured against those that were left out by lot."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from clinic import words
from clinic.acting import Page
from notifications.effect import FEWEST_MESSAGES, FEWEST_PATIENTS, Effect
from notifications.models import Kind
from notifications.withholding import told

SAYS = {
    "too_few": "Too few to tell",
    "more": "More act with the reminder",
    "fewer": "Fewer act with the reminder",
    "no_difference_seen": "No difference seen",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of reminder over the whole day, in words."""

    kind: str
    effect: Effect
    with_reminder: str
    without: str
    difference: str
    says: str


class ReminderEffectPage(Page):
    """The counts of the whole clinic, by kind. No patient is in them, so all staff may read them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        kinds = [one for one in told(clinic_id=self.actor.clinic_id) if one.hour is None]
        context = {
            "lines": [_line(one.kind, one.effect) for one in kinds],
            "fewest_messages": FEWEST_MESSAGES,
            "fewest_patients": FEWEST_PATIENTS,
            "at": "reminder-effect",
        }
        return self.page("reminder_effect.html", context)


def _line(kind: str, found: Effect) -> Line:
    return Line(
        kind=Kind(kind).label.capitalize(),
        effect=found,
        with_reminder=_percent(found.with_reminder),
        without=_percent(found.without),
        difference=_difference(found),
        says=SAYS[found.says],
    )


def _percent(share: float | None) -> str:
    return words.NONE if share is None else f"{share:.0%}"


def _difference(found: Effect) -> str:
    """In points of a hundred, with the 95 % interval."""
    if found.difference is None or found.low is None or found.high is None:
        return words.NONE
    points = (f"{100 * share:+.0f}".replace("-", "−") for share in (found.difference, found.low, found.high))
    return "{} ({} to {})".format(*points)
