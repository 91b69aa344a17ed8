from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Clinic, User
from recovery.models.keeping import LEAST_YEARS, MOST_YEARS
from recovery.rules.course import REFERENCE_CURVE_V1
from recovery.rules.red_flags import default_contacts
from recovery.rules.reviews import REVIEW_WEEKS


def _review_weeks() -> list[int]:
    return list(REVIEW_WEEKS)


class CareSettings(models.Model):
    """What a clinic chose for the care of all its patients. A clinic without a row has the defaults.

    Texts are by language. Where the clinic wrote none, patients read the default of the symptom check's file, so
    that an emergency never meets an empty page.
    """

    clinic = models.OneToOneField(
        Clinic, models.CASCADE, primary_key=True, related_name="care_settings", db_index=False
    )
    review_weeks = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(52)]),
        default=_review_weeks,
        help_text="Program weeks whose end a review falls due at.",
    )
    emergency_text = models.JSONField(default=dict, help_text="What to do in an emergency, by language.")
    emergency_number = models.CharField(max_length=32, blank=True)
    crisis_text = models.JSONField(
        default=dict, help_text="Whom to talk to with thoughts of self-harm, by language."
    )
    crisis_number = models.CharField(max_length=32, blank=True)
    out_of_hours_text = models.JSONField(
        default=dict, help_text="Whom to call when the clinic is closed, by language."
    )
    # [{"weekday": 1, "opens": "08:00", "closes": "12:30"}, ...] by the clinic's clock; empty: not said.
    hours = models.JSONField(default=list)
    reference_curve = models.CharField(max_length=64, default=REFERENCE_CURVE_V1.version)
    keep_years = models.PositiveSmallIntegerField(
        null=True,
        validators=[MinValueValidator(LEAST_YEARS), MaxValueValidator(MOST_YEARS)],
        help_text="After the end of the last bout a record is erased; null: only by hand.",
    )
    version = models.PositiveIntegerField(default=0, help_text="Grows with every change.")
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    changed_at = models.DateTimeField(null=True)

    @classmethod
    def of(cls, clinic: Clinic) -> "CareSettings":
        """The clinic's settings. With `select_related("care_settings")` it costs no statement."""
        return clinic.care_settings if hasattr(clinic, "care_settings") else cls(clinic=clinic)

    def contacts(self, language: str) -> dict[str, dict[str, Any]]:
        """Whom to call, in the patient's language: the clinic's own text, else the default in that language."""
        own: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
            "emergency": (self.emergency_text, {"number": self.emergency_number}),
            "crisis_line": (self.crisis_text, {"number": self.crisis_number}),
            "out_of_hours": (
                self.out_of_hours_text,
                {"hours": self.hours, "time_zone": self.clinic.time_zone},
            ),
        }
        defaults = default_contacts()
        return {
            name: {"text": text.get(language) or defaults[name].get(language) or defaults[name]["en"], **more}
            for name, (text, more) in own.items()
        }
