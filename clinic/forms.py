from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from recovery.models.reviews import Outcome, Reflex, Sensation, Sign, Strength
from recovery.models.safety import FlagDeed


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="Email", max_length=254, widget=forms.EmailInput({"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class JoinForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Eight letters and numbers. In the link of your invitation they come after the # sign.",
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="The address your invitation was made for.",
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="New password",
        max_length=256,
        strip=False,
        help_text="At least 12 characters. Three or four words are easy to remember. "
        "If you have a password here already, it stays as it is.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class CloseFlagForm(forms.Form):
    because = forms.CharField(
        label="What was done",
        max_length=1000,
        help_text="For example: called the patient, seen the same day, sent to the emergency department.",
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Say what was done before you close this red flag."},
    )


class ActOnFlagForm(forms.Form):
    what = forms.ChoiceField(label="What you did", choices=FlagDeed.choices)
    note = forms.CharField(
        label="In your words", max_length=1000, required=False, widget=forms.Textarea({"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("what") == FlagDeed.NOTE and not said.get("note"):
            self.add_error("note", "Write what you want to note.")
        return said


class WriteForm(forms.Form):
    text = forms.CharField(
        label="Write",
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Write something first."},
    )
    to_patient = forms.TypedChoiceField(
        label="Who reads it",
        choices=[("yes", "The patient and all colleagues"), ("no", "Only colleagues: a note")],
        coerce=lambda value: value == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )


class FinishTaskForm(forms.Form):
    how = forms.CharField(
        label="What was done", max_length=1000, error_messages={"required": "Say what was done."}
    )


YES_OR_NO = [("yes", "Yes"), ("no", "No")]


def finding(label: str, choices: list[tuple[str, Any]], help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=[(value, words.capitalize()) for value, words in choices],
        initial="not_tested",
        widget=forms.RadioSelect,
    )


def asked(label: str, required: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=YES_OR_NO,
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": required},
    )


class ReexaminationForm(forms.Form):
    """What was found on looking again, and what follows. Nothing but the two questions and the outcome is needed."""

    heel_walk = finding("Walks on the heels", Strength.choices, "L4 and L5")
    toe_walk = finding("Walks on the toes", Strength.choices, "S1")
    big_toe_strength = finding("Lifts the big toe", Strength.choices, "L5")
    reflex = finding("Ankle reflex", Reflex.choices, "S1")
    sensation = finding("Feeling in leg and foot", Sensation.choices)
    straight_leg_raise = finding("Straight-leg raise", Sign.choices)
    diagnosis_unchanged = asked(
        "Is the working diagnosis what it was?", "Say whether the diagnosis is what it was."
    )
    red_flags_checked = asked(
        "Did you ask about red flags face to face?", "Say whether you asked about red flags."
    )
    outcome = forms.ChoiceField(
        label="What follows",
        choices=[
            (Outcome.PLAN_CHANGED, "The plan is changed"),
            (Outcome.EXAMINED, "Examined by a clinician"),
            (Outcome.IMAGING, "Imaging"),
            (Outcome.REFERRED, "Referred"),
            (Outcome.CONTINUE, "Go on as it is, because …"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Say what follows."},
    )
    because = forms.CharField(
        label="Why it goes on as it is", max_length=1000, required=False, widget=forms.Textarea({"rows": 2})
    )
    note = forms.CharField(label="Note", max_length=4000, required=False, widget=forms.Textarea({"rows": 3}))

    def ask_why(self) -> None:
        """A correction says in its note what was wrong."""
        note = self.fields["note"]
        note.label, note.required = "Why you correct it, and what else to note", True
        note.error_messages["required"] = "Say why you correct it."

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("outcome") == Outcome.CONTINUE and not said.get("because"):
            self.add_error("because", "Say why the plan goes on as it is.")
        return said
