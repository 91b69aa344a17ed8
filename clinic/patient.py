"""One patient: how it goes, why we say so, what was asked, and the red flags that need a person."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.access import Actor
from clinic import chart, plot, words
from clinic.caring import CaringPage
from clinic.forms import CloseFlagForm
from clinic.fortnight import grid
from clinic.happened import beside, marks, rules_said
from clinic.measured import agreement, measured
from clinic.reaching import reached
from clinic.thread import thread_of
from clinic.timeline import next_step
from clinic.waiting import waiting
from recovery.actions import safety
from recovery.doing import fortnight
from recovery.measuring import measures
from recovery.models import Episode, Patient, Plan, Progress, RedFlag
from recovery.progress import course_of
from recovery.rules.status import Status
from recovery.timeline import timeline_of
from recovery.trend import trend_of
from wire.problems import Conflict

STATUS_CHANGES = 12
CLOSED_FLAGS = 5
MESSAGES = 3
MOST_UNREAD = 10


@dataclass(frozen=True, slots=True)
class Flag:
    """A red flag with its words, and the form that closes it."""

    row: RedFlag
    words: str
    cause: str
    raised: str
    acknowledged: str
    form: CloseFlagForm


class PatientPage(CaringPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(get_object_or_404(Patient.objects.visible_to(self.actor), pk=pk))

    def show(
        self, patient: Patient, *, refused: tuple[RedFlag, CloseFlagForm] | None = None, status: int = 200
    ) -> HttpResponse:
        """The page; `refused` is the form that could not be taken, shown again with its error."""
        episode = Episode.objects.filter(patient=patient).order_by("-opened_at").first()
        context = {
            "patient": patient,
            "episode": episode,
            "flags": self._open_flags(patient, refused),
            "closed_flags": self._closed_flags(patient),
            "refused": refused[1] if refused else None,
            "at": "patients",
            **waiting(patient, page=self),
            **self._written(patient),
            **reached(patient, page=self),
        }
        if episode is not None:
            episode.patient = patient
            context |= self._episode(episode)
        return self.page("patient.html", context, status=status)

    def _written(self, patient: Patient) -> dict[str, Any]:
        """The newest messages and notes, and all that are unread if those are not many more."""
        found = thread_of(patient, page=self)
        shown = min(max(found["unread"], MESSAGES), MOST_UNREAD)
        newest = found["thread"][-shown:]
        return found | {"newest_messages": newest, "more_messages": len(newest) < len(found["thread"])}

    def _episode(self, episode: Episode) -> dict[str, Any]:
        progress = Progress.objects.get(pk=episode.pk)
        plans = list(
            Plan.objects.filter(episode=episode).with_lines().select_related("program").order_by("number")
        )
        today = episode.patient.local_date(self.now)
        plan = next((one for one in reversed(plans) if one.starts_on <= today), None)
        course = course_of(episode, now=self.now)
        items = timeline_of(episode, course, now=self.now, for_staff=True)["items"]
        context = {
            "progress": progress,
            "place": words.place(episode),
            "status": words.STATUS[Status(progress.status)],
            "tone": words.TONE[Status(progress.status)],
            "reason": words.reason(progress.rule, progress.numbers),
            "numbers": [
                (said, words.number(name, progress.numbers[name]))
                for name, said in words.NUMBER.items()
                if name in progress.numbers
            ],
            "last_entry": words.moment(progress.last_entry_at, episode.patient.zone, self.now),
            "next_step": next_step(progress, plans),
            "plan": plan,
            "program": plan.program.text_in("en")["name"] if plan and plan.program else "",
            "lines": [
                (words.exercise(line), words.line(line), line.note) for line in plan.prescriptions.all()
            ]
            if plan
            else [],
            "rules_said": rules_said(items)[:STATUS_CHANGES],
            "measured": measured(measures(episode, now=self.now)),
        }
        if course is None:  # no plan has given it a start
            return context
        trend = trend_of(course, now=self.now)
        return (
            context
            | self._course(trend, beside(items, plans, trend))
            | {
                "marks": marks(items, plans, trend),
                "agreement": agreement(trend["recovery"]),
                "grid": grid(fortnight(course, through=trend["through"]), plans, trend),
            }
        )

    def _course(self, trend: dict[str, Any], beside: chart.Beside) -> dict[str, Any]:
        weeks, baseline = trend["weeks"], trend["baseline"]
        last = weeks[-1] if weeks else None
        now = last["value"] if last else None
        return {
            "day": words.program_day(trend["start"], trend["through"]) + 1,
            "trend": trend,
            "charts": [
                ("wide", chart.trend(trend, chart.WIDE, beside)),
                ("narrow", chart.trend(trend, chart.NARROW, beside)),
            ],
            "plot": json.dumps(plot.columns(trend, beside), separators=(",", ":")),
            "weeks": weeks_in_words(trend)[::-1],
            "facts": [
                (f"{trend['region'].title()}, last full week", words.pain(now)),
                ("Since baseline", words.change(now, baseline["value"] if baseline else None)),
                ("Change a week, last 4", words.slope(trend["slope"])),
                *[
                    (f"Sessions, {window['days']} days", words.sessions(window["sessions"]))
                    for window in (trend["adherence"]["week"], trend["adherence"]["month"])
                ],
                ("Dose, 28 days", words.dose(trend["adherence"]["month"]["dose"])),
            ],
        }

    def _open_flags(self, patient: Patient, refused: tuple[RedFlag, CloseFlagForm] | None) -> list[Flag]:
        flags = (
            RedFlag.objects.open().filter(patient=patient).select_related("check_record", "acknowledged_by")
        )
        return [
            Flag(
                row=flag,
                words=words.red_flag(flag),
                cause=words.red_flag_cause(flag),
                raised=words.moment(flag.raised_at, patient.zone, self.now),
                acknowledged=words.moment(flag.acknowledged_at, patient.zone, self.now),
                form=refused[1]
                if refused and refused[0] == flag
                else CloseFlagForm(auto_id=f"flag-{flag.pk}-%s"),
            )
            for flag in flags.order_by("tier", "raised_at")
        ]

    def _closed_flags(self, patient: Patient) -> list[tuple[str, str, RedFlag]]:
        flags = RedFlag.objects.filter(patient=patient, closed_at__isnull=False).select_related("closed_by")
        return [
            (words.red_flag(flag), words.moment(flag.closed_at, patient.zone, self.now), flag)
            for flag in flags.order_by("-closed_at")[:CLOSED_FLAGS]
        ]


def weeks_in_words(trend: dict[str, Any]) -> list[dict[str, Any]]:
    """The weeks of a trend with their pain, expected range and adherence as a table says them, oldest first."""
    expected = {edges["week"]: edges for edges in trend["expected"]["weeks"]}
    return [
        {
            **week,
            "pain": words.pain(week["value"]),
            "expected": _range_words(expected.get(week["week"])),
            "adherence": words.share(week["session_adherence"]),
        }
        for week in trend["weeks"]
    ]


def _range_words(edges: dict[str, Any] | None) -> str:
    return f"{words.pain(edges['low'])} to {words.pain(edges['high'])}" if edges else words.NONE


def _of_others(actor: Actor) -> QuerySet[RedFlag]:
    """The red flags that one may act on: nobody decides about their own record, nor who only opened it to read."""
    if not actor.is_caring:
        return RedFlag.objects.none()
    return RedFlag.objects.visible_to(actor).exclude(patient=actor.user_id)


class AcknowledgeFlag(CaringPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that one has seen it. The first to say so is the one recorded."""
        flag = get_object_or_404(_of_others(self.actor), pk=pk)
        safety.acknowledge(flag=flag, by=self.actor.user_id, now=self.now)
        messages.success(request, "Acknowledged. The red flag stays open until somebody closes it.")
        return self.back("clinic:patient", pk=flag.patient_id)


class CloseFlag(PatientPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close it with what was done; the patient's sessions go on when no other flag is open."""
        flag = get_object_or_404(_of_others(self.actor).select_related("patient"), pk=pk)
        form = CloseFlagForm(request.POST, auto_id=f"flag-{flag.pk}-%s")
        if form.is_valid() or flag.closed_at is not None:
            try:
                because = form.cleaned_data.get("because", "")
                safety.close(flag=flag, because=because, by=self.actor.user_id, now=self.now)
                messages.success(request, "Closed.")
            except Conflict as closed_already:
                messages.info(request, str(closed_already.detail))
        else:
            return self.show(flag.patient, refused=(flag, form), status=422)
        return self.back("clinic:patient", pk=flag.patient_id)
