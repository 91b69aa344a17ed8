"""Who is acting, and the context that PostgreSQL's row-level security sees.

The context lives exactly as long as one transaction: a setting of the session would stay on a pooled connection and
be seen by the next person. Without a context every protected table is empty.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, models, transaction


class Role(models.TextChoices):
    PATIENT = "patient"
    THERAPIST = "therapist"
    CLINICIAN = "clinician"
    ADMINISTRATOR = "administrator"


CARING_ROLES = frozenset({Role.THERAPIST, Role.CLINICIAN})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting at one clinic, in all the roles they hold there.

    `today`, the clinic's date, decides which care teams are current. `saw` are the patients whose rows were read in
    this person's name since the request began; accounts.audit notes them.
    """

    user_id: int
    clinic_id: int
    roles: frozenset[str]
    today: date
    device_id: int | None = None
    session: str = ""  # a few digits of a digest, which tell sessions apart and open none
    # The clinic asks for a second factor, and they have none: nothing is theirs to do but to add one.
    lacks_second_factor: bool = field(default=False, compare=False)
    saw: set[int] = field(default_factory=set, compare=False)

    is_authenticated = True  # what DRF and Django ask of a user

    @property
    def pk(self) -> int:
        return self.user_id

    @property
    def through(self) -> str:
        """The device or session that they act through."""
        return f"device {self.device_id}" if self.device_id else f"session {self.session}"

    @property
    def is_patient(self) -> bool:
        return Role.PATIENT in self.roles

    @property
    def is_staff(self) -> bool:
        return bool(self.roles - {Role.PATIENT})

    @property
    def is_caring(self) -> bool:
        """Whether they may be on a care team: therapists and clinicians."""
        return bool(self.roles & CARING_ROLES)

    @property
    def is_clinician(self) -> bool:
        return Role.CLINICIAN in self.roles

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles


@contextmanager
def acting(actor: Actor, *, plan_once: bool = False) -> Iterator[None]:
    """One transaction in which PostgreSQL shows what `actor` may see. `plan_once` as in `enter`."""
    with transaction.atomic():
        enter(actor, plan_once=plan_once)
        yield


def enter(actor: Actor, *, plan_once: bool = False) -> None:
    """Set the context of the transaction that is open.

    `plan_once`: PostgreSQL keeps the plan of a statement for whoever asks it next, whatever their values. With all the
    conditions of row-level security, planning a page of many counts anew takes longer than answering it.
    """
    _set_context(
        {"plan_cache_mode": "force_generic_plan"} if plan_once else {},
        reach="clinic",
        clinic=str(actor.clinic_id),
        user=str(actor.user_id),
        roles=",".join(sorted(actor.roles)),
        today=actor.today.isoformat(),
        through=actor.through,
    )


@contextmanager
def acting_for_all(*, through: str = "") -> Iterator[None]:
    """One transaction that reaches every clinic: for workers and commands, never for a request of a person.

    `through` is the command of whoever runs Amble, for the audit: "command start_clinic".
    """
    with transaction.atomic():
        _set_context({}, reach="all", clinic="", user="", roles="", today="", through=through)
        yield


def _set_context(of_postgresql: Mapping[str, str], **context: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(
            "A row-level-security context needs an open transaction, else it would outlive its request."
        )
    values = {**{f"amble.{name}": value for name, value in context.items()}, **of_postgresql}
    with connection.cursor() as cursor:
        settings = ", ".join(f"set_config('{name}', %s, true)" for name in values)
        cursor.execute(f"SELECT {settings}", list(values.values()))  # noqa: S608 (names are ours)
