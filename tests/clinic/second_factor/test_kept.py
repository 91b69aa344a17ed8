"""What is kept of a second factor: nothing that signs in, and who changed it."""

import json
from base64 import b32decode
from typing import Any

from django.db import connection

from accounts.access import acting_for_all
from accounts.encryption import decrypt
from accounts.models import AuditEntry, SecondFactor
from tests.authenticators import Passkey, app_code
from tests.clinic.second_factor.browsing import (
    SECOND,
    Browser,
    add_app,
    add_passkey,
    key_on,
    now,
    sign_in,
)
from tests.clinic.test_idle import said
from tests.people import Person


def test_a_copy_of_the_database_signs_nobody_in(maria: Person, browser: Browser, settings: Any):
    desk = browser(maria)
    key, codes = add_app(desk)
    passkey = Passkey()
    add_passkey(desk, passkey)
    desk.get("/account/app")  # a key that waits for its app
    waiting = key_on(desk.get("/account/app"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f::text FROM accounts_secondfactor f UNION ALL SELECT r::text FROM accounts_recoverycode r"
        )
        kept = [row for (row,) in cursor.fetchall()]
    session = json.dumps(dict(desk.session.items()))
    secret = b32decode(key.replace(" ", ""))
    for row in kept:
        assert secret.hex() not in row
        assert passkey.id.hex() not in row
        assert not any(code.replace("-", "").encode().hex() in row for code in codes)
    assert waiting.replace(" ", "") not in session
    app = SecondFactor.objects.get(kind="app")
    assert decrypt(app.secret) == secret
    settings.SECRET_KEY = "another one, of fifty characters and more, as it must be"
    assert decrypt(app.secret) is None
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now())}).status_code == 422


def test_each_change_and_each_use_is_in_the_audit_without_its_secret(
    helena: Person, maria: Person, browser: Browser, django_capture_on_commit_callbacks: Any
):
    desk = browser(maria)
    _, codes = add_app(desk)
    sign_in(maria).post(SECOND, {"code": codes[0]})
    browser(helena).post(f"/clinic/staff/{maria.user.pk}/second-factor/reset")
    with acting_for_all():
        entries = AuditEntry.objects.filter(what__in=["accounts_secondfactor", "accounts_recoverycode"])
        found = set(entries.values_list("what", "deed", "user_id", "clinic_id"))
        about = {user for entry in entries for user in entry.about}
    clinic, hers, theirs = maria.actor.clinic_id, maria.user.pk, helena.user.pk
    assert found == {
        ("accounts_secondfactor", "insert", hers, clinic),
        ("accounts_recoverycode", "insert", hers, clinic),
        ("accounts_recoverycode", "update", hers, clinic),
        ("accounts_secondfactor", "delete", theirs, clinic),
        ("accounts_recoverycode", "delete", theirs, clinic),
    }
    assert about == {hers}
    page = said(browser(helena).get("/audit"))
    assert "Changed a recovery code" in page
    assert "Deleted a second factor" in page
