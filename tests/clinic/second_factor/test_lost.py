"""Somebody has lost phone and codes: an administrator resets the second factor, or whoever runs Amble."""

from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.access import Role
from accounts.models import RecoveryCode, SecondFactor
from tests import people
from tests.clinic.second_factor.browsing import MINUTE, Browser, Clock, add_app, is_in, sign_in
from tests.clinic.test_idle import said
from tests.people import Person


def test_an_administrator_resets_it_and_the_colleague_is_told(
    helena: Person,
    maria: Person,
    browser: Browser,
    settings: Any,
    clock: Clock,
    django_capture_on_commit_callbacks: Any,
):
    settings.EMAIL_IS_SET = True
    hers = browser(maria)
    add_app(hers)
    clock.shift(MINUTE)
    desk = browser(helena)
    assert "Maria maria@example.org Therapist since 2 March 2026 none yes Change" in said(
        desk.get("/clinic/staff")
    )
    path = f"/clinic/staff/{maria.user.pk}"
    assert "Maria has one." in said(desk.get(path))
    with django_capture_on_commit_callbacks(execute=True):
        page = desk.post(f"{path}/second-factor/reset")
    assert page.headers["Location"] == path
    page = desk.get(path)
    assert "The second factor of Maria is reset. They get an email about it." in said(page)
    assert "Maria has none." in said(page)
    assert not RecoveryCode.objects.exists()
    [told] = mail.outbox
    assert told.to == ["maria@example.org"]
    assert "Helena at Hillside removed your authenticator apps, passkeys and recovery codes." in str(
        told.body
    )
    assert not is_in(hers)
    assert is_in(sign_in(maria))


def test_an_administrator_hears_when_the_colleague_could_not_be_told(
    helena: Person, maria: Person, browser: Browser, settings: Any, django_capture_on_commit_callbacks: Any
):
    settings.EMAIL_IS_SET = False
    add_app(browser(maria))
    desk = browser(helena)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        page = desk.post(f"/clinic/staff/{maria.user.pk}/second-factor/reset", follow=True)
    assert "The second factor of Maria is reset. No email can reach them: tell them yourself." in said(page)
    assert callbacks == []


def test_nobody_resets_their_own_without_the_password_nor_for_another_clinic(
    helena: Person, maria: Person, browser: Browser, clock: Clock
):
    desk = browser(helena)
    add_app(desk)
    add_app(browser(maria))
    assert desk.post(f"/clinic/staff/{helena.user.pk}/second-factor/reset").status_code == 404
    people.member(people.clinic("Seaside"), Role.THERAPIST, user=maria.user)
    path = f"/clinic/staff/{maria.user.pk}/second-factor/reset"
    refused = desk.post(path)
    assert refused.status_code == 403
    assert "Only whoever runs this Amble can reset it for this colleague." in said(refused)
    clock.shift(6 * MINUTE)
    back = f"/clinic/staff/{maria.user.pk}"
    assert desk.post(path).headers["Location"] == f"/account/password?next={back}"
    assert SecondFactor.objects.count() == 2


def test_whoever_runs_amble_resets_it_by_a_command(maria: Person, browser: Browser):
    add_app(browser(maria))
    out = StringIO()
    call_command("reset_second_factor", "Maria@example.org", stdout=out)
    assert "The password alone signs Maria in" in out.getvalue()
    assert is_in(sign_in(maria))
    call_command("reset_second_factor", "maria@example.org", stdout=out)
    assert "Maria had no second factor." in out.getvalue()
    with pytest.raises(CommandError, match=r"Nobody signs in with the email otto@example\.org"):
        call_command("reset_second_factor", "otto@example.org")
