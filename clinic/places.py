"""The numbers beside the places of the side bar, in the one statement that reads the clinic and its alarms."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Field, IntegerField, Model, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from accounts.access import Actor
from accounts.models import Clinic
from notifications.reconciler import with_alarms
from recovery.models import Message, Progress, Proposal, RedFlag, Review, Task

MOST = 999  # a place that has more says "999+": counting on would cost more the larger the clinic is


class HowMany(Subquery):
    """How many rows a query finds, counted no further than one past MOST."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS found)"
    output_field: "Field[Any, Any]" = IntegerField()

    def __init__(self, rows: QuerySet[Model]) -> None:
        super().__init__(rows.order_by().values("pk")[: MOST + 1])


class HowManyOfEach(HowMany):
    """How many rows have each value of a small number, from 0 to `last`: a list, each counted no further either.

    One sub-select and not one a value: PostgreSQL judges who may see the rows once.
    """

    template = (
        "(SELECT array_agg((SELECT count(*) FROM (%(subquery)s) AS found) ORDER BY each.value)"
        " FROM generate_series(0, %(last)s) AS each(value))"
    )
    output_field = ArrayField(IntegerField())

    def __init__(self, rows: QuerySet[Model], of: str, *, last: int) -> None:
        super().__init__(rows.filter(**{of: RawSQL("each.value", ())}))
        self.extra["last"] = last


def clinic_of(actor: Actor, **more: HowMany) -> Clinic:
    """The actor's clinic and its care settings, with what every page of the desk shows: alarms, and what waits where.

    `more` is what one page counts beside it, in the same statement.
    """
    unread = Message.objects.visible_to(actor).unread()
    reviews = Review.objects.visible_to(actor).open() | Review.objects.left_to_administrators(actor)
    flags = RedFlag.objects.visible_to(actor).open()
    return (
        with_alarms(Clinic.objects.select_related("care_settings"))
        .annotate(
            patients=HowMany(Progress.objects.visible_to(actor).going_on()),
            flags=HowMany(flags),
            messages=HowMany(unread.filter(~Q(patient=actor.user_id))),
            reviews=HowMany(reviews),
            tasks=HowMany(Task.objects.visible_to(actor).open()),
            proposals=HowMany(Proposal.objects.visible_to(actor).open()),
            **more,
        )
        .get(pk=actor.clinic_id)
    )
