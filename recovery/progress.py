"""From rows to what the rules judge, for many episodes in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Case, Max, When
from django.db.models.functions import TruncDate

from recovery.models import (
    CareSettings,
    DailyPain,
    Episode,
    ExerciseSession,
    PainEntry,
    Patient,
    Plan,
    PlanPause,
    Prescription,
    RedFlag,
    Suspension,
)
from recovery.models.diary import Outcome
from recovery.rules.adherence import MONTH_DAYS, Slot, session_adherence
from recovery.rules.asked import EVERY_DAY, AskedLine, AskedVersion, Pause, Suspended, asked_slots
from recovery.rules.course import REFERENCE_CURVE_V1, ReferenceCurve, reference_curve
from recovery.rules.diary import Asked, Rating, Region
from recovery.rules.status import Facts, OpenFlag
from recovery.rules.weeks import Week, week_dates, week_number, weeks

DayValues = Mapping[Region, Mapping[date, Fraction]]


@dataclass(frozen=True, slots=True)
class Course:
    """One episode that has a start, as the rules see it: the facts of its status, and what was asked and done."""

    episode: Episode
    facts: Facts
    day_values: DayValues
    versions: Sequence[AskedVersion]
    asked: frozenset[Slot]
    done: frozenset[Slot]
    not_asked_on: frozenset[date]  # days under an open red flag, and paused days

    def until(self, day: date) -> date:
        """That date, or the episode's last if it ended before."""
        return min(day, self.episode.ended_on or day)

    def weeks(self, region: Region, through: date) -> tuple[Week, ...]:
        return weeks(self.facts.start, self.day_values[region], self.until(through))


def courses(episodes: Iterable[Episode], *, through: date) -> dict[int, Course]:
    """The courses of episodes that have a start, by episode id. `through` is the last date that may be asked about.

    The episodes come with their patients. Two open episodes of one patient cannot be; an ended one shares its
    patient's diary, cut at its own start.
    """
    started = [episode for episode in episodes if episode.started_on is not None]
    patients = {episode.patient_id for episode in started}
    values = _day_values(patients)
    last_entries = _last_entries(patients)
    versions = _versions(started)
    done = _done(patients)
    flags = red_flags([episode.patient for episode in started])
    pauses = _pauses([episode.pk for episode in started])
    curves = chosen_curves({episode.clinic_id for episode in started})
    return {
        episode.pk: _course(
            episode,
            values[episode.patient_id],
            last_entries.get(episode.patient_id),
            versions[episode.pk],
            done[episode.patient_id],
            flags[episode.patient_id],
            pauses[episode.pk],
            through,
            curves[episode.clinic_id],
        )
        for episode in started
    }


def _course(
    episode: Episode,
    values: DayValues,
    last_entry_on: date | None,
    versions: Sequence[AskedVersion],
    done: set[Slot],
    flags: tuple[OpenFlag, ...],
    pauses: Sequence[Pause],
    through: date,
    curve: ReferenceCurve,
) -> Course:
    start, stratum = episode.started_on, episode.stratum
    if start is None or stratum is None:
        raise ValueError("An episode without a start has no course yet.")
    region = Region(episode.region)
    through = min(through, episode.ended_on or through)
    values = {
        one: {on: value for on, value in days.items() if start <= on <= through}
        for one, days in values.items()
    }
    asked = asked_slots(versions, start, through)
    not_asked_on = {
        slot.on
        for slot in asked
        if any(flag.stops(slot.on) for flag in flags) or any(pause.holds_on(slot.on) for pause in pauses)
    }
    asked_on: dict[date, set[Slot]] = defaultdict(set)
    for slot in asked:
        asked_on[slot.on].add(slot)
    ended = week_number(start, through + timedelta(days=1)) - 1
    adherence = {
        week: _adherence(asked_on, done, week_dates(start, week)[1], not_asked_on)
        for week in range(1, ended + 1)
    }
    facts = Facts(
        start=start,
        stratum=stratum,
        region=region,
        day_values=values[region],
        adherence=adherence,
        red_flags=flags,
        last_entry_on=last_entry_on,
        curve=curve,
    )
    return Course(
        episode,
        facts,
        values,
        versions,
        frozenset(slot for slot in asked if slot.on not in not_asked_on),
        frozenset(done),
        frozenset(not_asked_on),
    )


def _adherence(
    asked_on: Mapping[date, set[Slot]], done: set[Slot], through: date, not_asked_on: set[date]
) -> Fraction | None:
    """Session adherence of a month, from that month's slots only: all of them for every week is quadratic."""
    days = [through - timedelta(days=n) for n in range(MONTH_DAYS)]
    asked = set().union(*(asked_on.get(day, ()) for day in days))
    return session_adherence(asked, done, through=through, days=MONTH_DAYS, not_asked_on=not_asked_on)


def chosen_curves(clinics: set[int]) -> Mapping[int, ReferenceCurve]:
    """The published reference of each clinic, by id."""
    chosen = CareSettings.objects.filter(clinic__in=clinics).values_list("clinic", "reference_curve")
    curves = {clinic: reference_curve(version) for clinic, version in chosen}
    return {clinic: curves.get(clinic, REFERENCE_CURVE_V1) for clinic in clinics}


def _day_values(patients: set[int]) -> dict[int, DayValues]:
    found: dict[int, dict[Region, dict[date, Fraction]]] = {
        patient: {region: {} for region in Region} for patient in patients
    }
    rows = DailyPain.objects.filter(patient__in=patients, count__gt=0)
    for patient, region, on, total, count in rows.values_list("patient", "region", "on", "total", "count"):
        found[patient][Region(region)][on] = Fraction(total or 0, count)  # a count says that there is a total
    return dict(found)


def _last_entries(patients: set[int]) -> dict[int, date]:
    """The local date of each patient's latest entry; by our clock, in UTC, where the phone's was wrong."""
    given_on = Case(When(clock_suspect=True, then=TruncDate("received_at")), default="on")
    rows = PainEntry.objects.filter(patient__in=patients, withdrawn=False)
    return dict(rows.values_list("patient").annotate(last=Max(given_on)))


def _versions(episodes: Sequence[Episode]) -> dict[int, list[AskedVersion]]:
    ids = [episode.pk for episode in episodes]
    suspensions = _suspensions(episodes)
    lines: dict[int, list[AskedLine]] = defaultdict(list)
    rows = Prescription.objects.filter(plan__episode__in=ids).select_related("plan")
    for line in rows.order_by("plan", "position"):
        weekdays = frozenset(line.weekdays) or EVERY_DAY
        suspended = suspensions.get((line.plan.episode_id, line.exercise_id), ())
        lines[line.plan_id].append(
            AskedLine(line.dosage.times_per_day, weekdays, line.exercise_id, line.dosage_values, suspended)
        )
    versions: dict[int, list[AskedVersion]] = defaultdict(list)
    for plan in Plan.objects.filter(episode__in=ids).order_by("episode", "number"):
        versions[plan.episode_id].append(AskedVersion(plan.starts_on, tuple(lines[plan.pk])))
    return versions


def _suspensions(episodes: Sequence[Episode]) -> dict[tuple[int, int], tuple[Suspended, ...]]:
    """When each exercise of these episodes was suspended, in the patients' local dates."""
    found: dict[tuple[int, int], tuple[Suspended, ...]] = {}
    rows = Suspension.objects.filter(episode__in=[episode.pk for episode in episodes])
    columns = ("episode", "exercise", "suspended_on", "lifted_on")
    for episode, exercise, since, until in rows.order_by("suspended_at").values_list(*columns):
        found[episode, exercise] = (*found.get((episode, exercise), ()), Suspended(since, until))
    return found


def _pauses(episodes: Sequence[int]) -> dict[int, list[Pause]]:
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for pause in PlanPause.objects.filter(episode__in=episodes):
        pauses[pause.episode_id].append(pause.days)
    return pauses


def _done(patients: set[int]) -> dict[int, set[Slot]]:
    """Slots with at least one exercise done or part done. A session without a slot was extra and does not count."""
    done: dict[int, set[Slot]] = {patient: set() for patient in patients}
    sessions = ExerciseSession.objects.filter(
        patient__in=patients,
        withdrawn=False,
        slot__isnull=False,
        results__outcome__in=(Outcome.DONE, Outcome.PART),
    ).distinct()
    for patient, on, slot in sessions.values_list("patient", "on", "slot"):
        done[patient].add(Slot(on, str(slot)))
    return done


def red_flags(patients: Iterable[Patient]) -> dict[int, tuple[OpenFlag, ...]]:
    """Every red flag of these patients, closed ones too, by patient id and in their local dates."""
    flags: dict[int, tuple[OpenFlag, ...]] = {patient.pk: () for patient in patients}
    rows = RedFlag.objects.filter(patient__in=list(flags)).order_by("raised_at")
    for patient_id, raised_on, closed_on in rows.values_list("patient", "raised_on", "closed_on"):
        flags[patient_id] = (*flags[patient_id], OpenFlag(raised_on, closed_on))
    return flags


def ratings(patients: Iterable[int], *, since: date) -> dict[tuple[int, Region, date], list[Rating]]:
    """The ratings that stand, about `since` or later, by patient, region and the date they are about."""
    found: dict[tuple[int, Region, date], list[Rating]] = defaultdict(list)
    rows = PainEntry.objects.filter(patient__in=list(patients), about_on__gte=since, withdrawn=False)
    for patient, region, score, asked, about_on, at, on in rows.values_list(
        "patient", "region", "score", "asked", "about_on", "happened_at", "on"
    ):
        found[patient, Region(region), about_on].append(Rating(score, Asked(asked), about_on, at, on))
    return found


def course_of(episode: Episode, *, now: datetime) -> Course | None:
    """The course of one episode that comes with its patient, through the last ended day; None before its start."""
    through = episode.patient.local_date(now) - timedelta(days=1)
    return courses([episode], through=through).get(episode.pk)
