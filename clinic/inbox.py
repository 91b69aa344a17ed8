"""The red flags that nobody has closed: what the patient answered, who has heard of it by now, what was done."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.http import HttpRequest, HttpResponse

from clinic import words
from clinic.acting import Page
from clinic.forms import ActOnFlagForm, CloseFlagForm
from notifications.escalation import Minutes
from notifications.red_flags import minutes_of
from recovery.actions import safety
from recovery.models import FlagAction, RedFlag

SHOWN = 100
MINUTE = timedelta(minutes=1)
STEPS = ("Care team", "Clinic’s list", "Administrators", "Everybody")


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told, at which time of the patient's clock, and whether that has come."""

    who: str
    at: str
    past: bool


@dataclass(frozen=True, slots=True)
class OpenFlag:
    row: RedFlag
    words: str
    cause: str
    raised: str
    acknowledged: str
    after_minutes: int
    steps: list[Step]
    next_step: str
    actions: list[tuple[FlagAction, str]]
    act: ActOnFlagForm
    close: CloseFlagForm


class Inbox(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        """Those that nobody has acknowledged first, then the oldest."""
        return self.show()

    def show(self, refused: tuple[int, ActOnFlagForm] | None = None, status: int = 200) -> HttpResponse:
        """The page; `refused` is the form of one flag that could not be taken, shown again with its error."""
        flags = RedFlag.objects.visible_to(self.actor).open()
        rows = flags.select_related("patient", "check_record", "acknowledged_by")
        first = F("acknowledged_at").asc(nulls_first=True)
        shown = list(rows.prefetch_related("actions__done_by").order_by(first, "raised_at")[: SHOWN + 1])
        minutes = minutes_of([self.actor.clinic_id])[self.actor.clinic_id]
        context = {
            "flags": [self._flag(flag, minutes, refused) for flag in shown[:SHOWN]],
            "more": len(shown) > SHOWN,
            "at": "flags",
        }
        return self.page("inbox.html", context, status=status)

    def _flag(self, flag: RedFlag, minutes: Minutes, refused: tuple[int, ActOnFlagForm] | None) -> OpenFlag:
        zone = flag.patient.zone
        steps = list(zip(STEPS, minutes.timetable(flag.raised_at), strict=True))
        coming = next(((who, at) for who, at in steps if at > self.now), None)
        return OpenFlag(
            row=flag,
            words=words.red_flag(flag),
            cause=words.red_flag_cause(flag),
            raised=words.moment(flag.raised_at, zone, self.now),
            acknowledged=words.moment(flag.acknowledged_at, zone, self.now),
            after_minutes=(flag.acknowledged_at - flag.raised_at) // MINUTE if flag.acknowledged_at else 0,
            steps=[Step(who, words.clock(at, zone), at <= self.now) for who, at in steps],
            next_step=f"{coming[0]} in {-((self.now - coming[1]) // MINUTE)} min" if coming else "",
            actions=[
                (one, words.moment(one.done_at, zone, self.now))
                for one in sorted(flag.actions.all(), key=lambda one: one.pk)
            ],
            act=refused[1]
            if refused and refused[0] == flag.pk
            else ActOnFlagForm(auto_id=f"act-{flag.pk}-%s"),
            close=CloseFlagForm(auto_id=f"close-{flag.pk}-%s"),
        )


class ActOnFlag(Inbox):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write down what was done; it stays open."""
        flag = self.seen(RedFlag.objects.all(), pk)
        form = ActOnFlagForm(request.POST, auto_id=f"act-{flag.pk}-%s")
        if not form.is_valid():
            return self.show((flag.pk, form), status=422)
        said = form.cleaned_data
        self.do(
            lambda: safety.act(flag=flag, by=self.actor.user_id, now=self.now, **said),
            "Written down. The red flag stays open until somebody closes it.",
        )
        return self.back("clinic:red-flags")
