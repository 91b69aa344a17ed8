"""What goes on paper: the patient's handout, and one page for the doctor. A PDF where one can be made."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.models import Clinic
from clinic import chart, pdf, words
from clinic.caring import CaringPage, open_episode
from clinic.patient import weeks_in_words
from clinic.qr import qr
from clinic.sheet_words import SHEET, WEEKDAYS, day_in
from exercises.duration import minutes_a_day
from recovery.measuring import measures
from recovery.models import CareSettings, Episode, Patient, Plan, Progress, RedFlag, Suspension
from recovery.rules.diary import Region
from recovery.rules.status import Status
from recovery.trend import episode_trend

WEEKS = 12  # the report's table: more would leave its page
MOST_LINES = 10  # of the plan, on the report
FLAGS = 4


class Sheet(CaringPage, ABC):
    """One printed page of one patient: `?format=pdf` is the same as a file, where weasyprint is installed."""

    template: str
    file: str

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        patient = self.seen_patient(pk)
        context = self.contents(patient) | {
            "patient": patient,
            "can_pdf": pdf.is_there(),
            "clinic_name": Clinic.objects.values_list("name", flat=True).get(pk=self.actor.clinic_id),
            "today": patient.local_date(self.now),
            "at": "patients",
        }
        if request.GET.get("format") == "pdf" and pdf.is_there():
            page = render_to_string(f"clinic/{self.template}", context | {"file": True}, request)
            answer = HttpResponse(pdf.written(page), content_type="application/pdf")
            answer["Content-Disposition"] = f'inline; filename="{self.file}.pdf"'
            return answer
        return self.page(self.template, context)

    @abstractmethod
    def contents(self, patient: Patient) -> dict[str, Any]:
        """What its template shows of this patient."""


class Handout(Sheet):
    """The plan of today on paper, else the one that begins next, in the patient's language."""

    template = "handout.html"
    file = "exercises"

    def contents(self, patient: Patient) -> dict[str, Any]:
        episode = open_episode(patient)
        today = patient.local_date(self.now)
        language = patient.language if patient.language in SHEET else "en"
        say = SHEET[language]
        plans = Plan.objects.filter(episode=episode)
        plan = plans.standing_on(today) or plans.order_by("number").first()
        paused = set(Suspension.objects.open().filter(episode=episode).values_list("exercise", flat=True))
        lines = (
            [
                line
                for line in plan.prescriptions.select_related("exercise").order_by("position")
                if line.exercise_id not in paused
            ]
            if plan
            else []
        )
        contacts = CareSettings.of(Clinic.objects.get(pk=self.actor.clinic_id)).contacts(language)
        return {
            "say": say,
            "plan": plan,
            "title": say["title"].format(name=patient.name),
            "from_day": say["from"].format(day=day_in(plan.starts_on, language)) if plan else "",
            "minutes": say["minutes"].format(minutes=minutes_a_day(line.timed for line in lines)),
            "lines": [
                {
                    "exercise": line.exercise,
                    "text": line.exercise.text_in(language),
                    "dose": line.said_in(language),
                    "days": ", ".join(WEEKDAYS[language][n - 1] for n in sorted(line.weekdays)),
                    "note": line.note,
                }
                for line in lines
            ],
            "tick": say["tick_back" if episode.region == Region.BACK else "tick"],
            "weekdays": WEEKDAYS[language],
            "stopped": RedFlag.objects.open().filter(patient=patient).exists(),
            "emergency": contacts["emergency"],
            "qr": qr(f"{settings.PUBLIC_URL}/app/"),
            "address": f"{settings.PUBLIC_URL}/app/",
        }


class Report(Sheet):
    """One page for the doctor. Every number is one of the API's: nothing is counted here."""

    template = "report.html"
    file = "report"

    def contents(self, patient: Patient) -> dict[str, Any]:
        episode = open_episode(patient)
        progress = Progress.objects.get(pk=episode.pk)
        today = patient.local_date(self.now)
        plan = Plan.objects.filter(episode=episode).with_lines().standing_on(today)
        flags = RedFlag.objects.filter(patient=patient).select_related("closed_by").order_by("-raised_at")
        trend = episode_trend(episode, now=self.now)
        lines = list(plan.prescriptions.all()) if plan else []
        return {
            "episode": episode,
            "progress": progress,
            "place": words.place(episode),
            "status": words.STATUS[Status(progress.status)],
            "reason": words.reason(progress.rule, progress.numbers),
            "numbers": [
                (said, words.number(name, progress.numbers[name]))
                for name, said in words.NUMBER.items()
                if name in progress.numbers
            ],
            "plan": plan,
            "lines": [(words.exercise(line), words.line(line)) for line in lines[:MOST_LINES]],
            "lines_more": max(0, len(lines) - MOST_LINES),
            "flags": [(words.red_flag(one), one.raised_on, one) for one in flags[:FLAGS]],
            "flags_more": max(0, flags.count() - FLAGS),
            "measures": _measures(episode, self.now),
            **(_course(trend) if trend else {}),
        }


def _course(trend: dict[str, Any]) -> dict[str, Any]:
    return {
        "trend": trend,
        "chart": chart.trend(trend, chart.WIDE),
        "weeks": weeks_in_words(trend)[-WEEKS:],
        "weeks_before": max(0, len(trend["weeks"]) - WEEKS),
    }


def _measures(episode: Episode, now: Any) -> list[tuple[str, str, date, str]]:
    """The last answer of each instrument: its name, score or effect, date, and the change since the first."""
    found = []
    for one in measures(episode, now=now)["instruments"]:
        if not one["answers"]:
            continue
        last = one["answers"][-1]
        score = words.pain(last["score"]) if last["effect"] is None else _spoken(last["effect"])
        change = last["change"]
        since = f"{_spoken(change['verdict'])} since {words.day(change['since'])}" if change else ""
        found.append((one["name"], score, last["on"], since))
    return found


def _spoken(code: str) -> str:
    return str(code).replace("_", " ")
