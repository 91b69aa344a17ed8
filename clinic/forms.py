from django import forms
from django.contrib.auth.password_validation import validate_password


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
