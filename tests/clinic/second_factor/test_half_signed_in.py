"""With the password alone nothing is reached; the second step waits five minutes."""

from django.test import Client

from accounts.access import acting_for_all
from accounts.models import FailureCount, RecoveryCode
from clinic.held import unseal
from clinic.urls import urlpatterns
from recovery.models import StaffMessage
from tests import people
from tests.clinic.conftest import PASSWORD
from tests.clinic.second_factor.browsing import (
    API,
    DOOR,
    MINUTE,
    SECOND,
    Browser,
    Clock,
    add_app,
    is_in,
    sign_in,
)
from tests.clinic.test_idle import hidden, said
from tests.moments import NOW
from tests.people import Person


def pages_without_a_number() -> list[str]:
    """Every page of the desk that needs no number in its address, and some of the API."""
    found = [f"/{one.pattern}" for one in urlpatterns if "<" not in str(one.pattern)]
    doors = {DOOR, SECOND, "/sign-out", "/clinic/join", "/your-notifications/worker.js"}
    return [*(path for path in found if path not in doors), "/patients/1", "/patients/1/report"]


def test_with_the_password_alone_nothing_is_reached(helena: Person, maria: Person, browser: Browser):
    _, codes = add_app(browser(helena))
    half = sign_in(helena)
    stranger = Client()
    paths = pages_without_a_number()
    assert len(paths) > 25
    for path in [*paths, API, "/api/v1/colleagues", "/api/v1/worklist"]:
        for method in ("get", "post"):
            got, expected = (getattr(one, method)(path) for one in (half, stranger))
            assert got.status_code == expected.status_code, (method, path)
            assert got.status_code in (302, 401, 403, 405), (method, path)
            assert got.headers.get("Location") == expected.headers.get("Location"), (method, path)
    assert half.post(SECOND, {"code": codes[0]}).status_code == 302
    assert is_in(half)


def test_the_step_waits_five_minutes_and_not_for_who_has_left_meanwhile(
    maria: Person, browser: Browser, clock: Clock
):
    key, codes = add_app(browser(maria))
    late, left = sign_in(maria), sign_in(maria)
    clock.shift(5 * MINUTE)
    page = late.post(SECOND, {"code": codes[0]}, follow=True)
    assert page.redirect_chain[-1][0] == DOOR
    assert "That took too long. Sign in again." in said(page)
    left = sign_in(maria)
    maria.user.memberships.update(ended_at=NOW)
    assert left.post(SECOND, {"code": codes[0]}).headers["Location"] == DOOR
    assert RecoveryCode.objects.filter(used_at=None).count() == 10
    assert Client().get(SECOND).headers["Location"] == DOOR


def test_ten_wrong_codes_are_enough_wherever_they_come_from(maria: Person, browser: Browser, clock: Clock):
    key, codes = add_app(browser(maria))
    client = sign_in(maria)
    for _ in range(10):
        assert client.post(SECOND, {"code": "000 000"}).status_code == 422
    page = sign_in(maria).post(SECOND, {"code": codes[0]})
    assert page.status_code == 429
    assert "There were too many wrong tries. Wait 15 minutes, then try again." in said(page)
    assert FailureCount.objects.filter(count=10).count() == 2  # in PostgreSQL, for 15 minutes and for a day
    clock.shift(15 * MINUTE)
    assert sign_in(maria).post(SECOND, {"code": codes[0]}).status_code == 302


def test_older_sessions_and_devices_end_when_the_first_is_added(maria: Person, browser: Browser):
    desk, older = browser(maria), browser(maria)
    assert Client().get(API, headers=maria.headers).status_code == 200
    add_app(desk)
    assert is_in(desk)
    assert not is_in(older)
    assert browser(maria).get(API).status_code == 401
    assert Client().get(API, headers=maria.headers).status_code == 401


def test_what_came_too_late_is_offered_after_the_second_step(maria: Person, browser: Browser, clock: Clock):
    ana = people.patient(maria, name="Ana")
    desk = browser(maria)
    _, codes = add_app(desk)
    path = f"/patients/{ana.user.pk}/messages"
    clock.shift(20 * MINUTE)
    held = hidden(desk.post(path, {"text": "Rest today.", "to_patient": "yes"}))["held"]
    client = sign_in(maria, held=held)
    page = client.post(SECOND, {"code": codes[0]})
    assert "It is still here." in said(page)
    client.post(path, hidden(page))
    with acting_for_all():
        assert StaffMessage.objects.get().text == "Rest today."


def test_no_password_and_no_code_is_held(maria: Person, browser: Browser, clock: Clock):
    desk = browser(maria)
    clock.shift(20 * MINUTE)
    page = desk.post(
        "/account/password", {"password": PASSWORD, "code": "123456", "passkey": "{}", "text": "x"}
    )
    held = unseal(hidden(page)["held"], by=maria.user.pk)
    assert held is not None
    assert held.fields == [("text", "x")]
