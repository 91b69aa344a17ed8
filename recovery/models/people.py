from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.db.models.query import ModelIterable

from accounts.access import CARING_ROLES, Actor
from accounts.models import Clinic, Device, Membership, User


class Language(models.TextChoices):
    """What a patient may read the app in."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Español"


class CareTeamQuerySet(models.QuerySet["CareTeamMember"]):
    def current(self, *, on: date) -> Self:
        """Whose patients they are on this date. Who opened a record in an emergency answers for nothing."""
        return self.on(on).filter(until_at=None)

    def not_over(self, *, on: date) -> Self:
        """Those that hold on this date, or will."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=on), until_at=None)

    def able(self, *, on: date) -> Self:
        """Those of the current whose colleague still treats at the clinic: who has left cares for nobody."""
        treating = Membership.objects.current().filter(role__in=CARING_ROLES)
        return self.current(on=on).filter(
            Exists(treating.filter(clinic=OuterRef("clinic"), user=OuterRef("user")))
        )

    def on(self, day: date) -> Self:
        """Those that hold on this date, records that were opened included."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=day), from_on__lte=day)


class CareTeamMember(models.Model):
    """A therapist or clinician who cares for a patient, from a date and maybe until one (a covering colleague).

    Or somebody outside of the care team who opened the record in an emergency, until a moment and with a reason.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey("Patient", models.CASCADE, related_name="care_team")
    user = models.ForeignKey(User, models.PROTECT, related_name="cares_for")
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    until_at = models.DateTimeField(
        null=True, help_text="Of a record opened in an emergency; PostgreSQL's clock."
    )
    opened_because = models.TextField(blank=True, db_default="", max_length=500)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    objects = CareTeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "user"], condition=Q(until_on=None), name="on_a_care_team_once"
            ),
            models.CheckConstraint(
                condition=Q(until_on__gte=F("from_on")), name="cover_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(until_at=None, opened_because="")
                | Q(until_at__isnull=False, until_on__isnull=False) & ~Q(opened_because=""),
                name="a_record_is_opened_with_an_end_and_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until_at"], condition=Q(until_at__isnull=False), name="records_that_were_opened"
            )
        ]


Row = TypeVar("Row", bound=models.Model)


class OfPatientsOf(Func):
    """Whether a row is of a patient whose care team this person is on today, or whose record they opened.

    PostgreSQL reads the list once and starts from it; a sub-select in its place it may join the other way about, with
    every patient there is.
    """

    template, arg_joiner, output_field = "%(expressions)s)", " = ANY(", models.BooleanField()

    def __init__(self, actor: Actor, patient: str = "patient") -> None:
        super().__init__(
            F(patient), patients_of(actor.clinic_id, actor.user_id, actor.today, actor.is_caring)
        )


@lru_cache(maxsize=1_000)
def patients_of(clinic: int, user: int, today: date, is_caring: bool) -> RawSQL:
    """The ids of the patients of whom that is true, as a list of PostgreSQL's: its text, never its rows.

    Composed once a day and person: a page names it in each of its conditions, and composing it anew took half of the
    page's time.
    """
    opened = Q(until_at__gt=Now())
    mine = CareTeamMember.objects.on(today).filter(clinic=clinic, user=user)
    patients = mine.filter(opened | Q(until_at=None) if is_caring else opened).values("patient")
    sql, params = patients.query.sql_with_params()
    return RawSQL(f"ARRAY({sql})", params)  # noqa: S608, S611 (composed by Django)


class RowsOfPatients(models.QuerySet[Row]):
    """Rows that name a clinic and a patient. A read starts at `visible_to`, a change at `cared_for_by`.

    What is fetched through either is what this person saw: the patients it names are noted (accounts.audit).
    """

    patient_field = "patient"
    _reader: Actor | None = None

    def visible_to(self, actor: Actor) -> Self:
        """A patient sees their own, a therapist their care teams', a clinician the clinic's, and an administrator what
        they opened in an emergency.
        """
        if actor.is_clinician:
            return self.read_by(actor).filter(clinic=actor.clinic_id)
        return self._of(actor, team=actor.is_staff)

    def cared_for_by(self, actor: Actor) -> Self:
        """What this person may act on: the patient's own rows, and those of the patients in one's care."""
        return self._of(actor, team=actor.is_caring)

    def _of(self, actor: Actor, *, team: bool) -> Self:
        mine = Q()
        if actor.is_patient:
            mine |= Q((self.patient_field, actor.user_id))
        if team:
            mine |= Q(OfPatientsOf(actor, self.patient_field))
        return self.read_by(actor).filter(mine, clinic=actor.clinic_id) if mine else self.none()

    def read_by(self, actor: Actor) -> Self:
        """Note what is fetched of these, unless it is a patient's own phone that asks."""
        rows = self.all()
        rows._reader = actor if actor.is_staff else None
        return rows

    def _clone(self) -> Self:
        copy: Self = super()._clone()  # type: ignore[misc]
        copy._reader = self._reader
        return copy

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        # Values are keys of rows that were read, and counts.
        if is_new and self._reader is not None and issubclass(self._iterable_class, ModelIterable):
            key = "pk" if self.patient_field == "pk" else f"{self.patient_field}_id"
            self._reader.saw.update(getattr(row, key) for row in self._result_cache or ())


class PatientQuerySet(RowsOfPatients["Patient"]):
    patient_field = "pk"

    def on_roster_of(self, actor: Actor) -> Self:
        """Whom an administrator finds by name: everybody of the clinic. Names and enrolment only, never the record."""
        return self.filter(clinic=actor.clinic_id) if actor.is_administrator else self.none()

    def with_enrolment(self) -> Self:
        """Each with `enrolled`, whether an episode is open, and `joined`, whether a phone of theirs is signed in."""
        phones = Device.objects.current().filter(user=OuterRef("pk"), clinic=OuterRef("clinic"))
        return self.annotate(
            joined=Exists(phones),
            enrolled=Func("pk", function="amble_is_enrolled", output_field=models.BooleanField()),
        )

    def enrolled(self) -> Self:
        """Those with an open episode, also for whom the record itself is closed. Ask it of rows `with_enrolment`."""
        return self.filter(enrolled=True)

    def left_alone(self, *, on: date) -> Self:
        """Those with an open episode for whom nobody cares on this date. Ask it of rows `with_enrolment`."""
        caring = CareTeamMember.objects.able(on=on).filter(patient=OuterRef("pk"))
        return self.enrolled().filter(~Exists(caring))


class Patient(models.Model):
    """A person with sciatica. The key is their user's, so a device knows its patient without a look-up."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="patient")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    birth_year = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1900), MaxValueValidator(2100)]
    )
    email = models.EmailField(blank=True, help_text="Where reminders may go; not a way to sign in.")
    time_zone = models.CharField(max_length=64, help_text="IANA name.")
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    # Grows with every change to the record that a phone shows, so that an unchanged answer costs one look at it.
    version = models.BigIntegerField(default=0)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    objects = PatientQuerySet.as_manager()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def local_date(self, at: datetime) -> date:
        """The patient's day at this moment."""
        return at.astimezone(self.zone).date()

    def day_ends_at(self, day: date) -> datetime:
        """The first moment after a local date. Where midnight is skipped, the moment the clocks go forward."""
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=self.zone).astimezone(UTC)
