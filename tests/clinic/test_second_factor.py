"""The second factor at the desk: adding, signing in with it, losing it, and the clinic that asks for it."""

import json
import re
from base64 import b32decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.access import Role, acting_for_all
from accounts.encryption import decrypt
from accounts.limits import sign_in_limits
from accounts.models import AuditEntry, Clinic, FailureCount, RecoveryCode, SecondFactor
from clinic.held import unseal
from clinic.urls import urlpatterns
from recovery.models import StaffMessage
from tests import people
from tests.authenticators import Passkey, app_code
from tests.clinic.conftest import PASSWORD, staff
from tests.clinic.test_clinic_settings import fields
from tests.clinic.test_idle import hidden, said
from tests.clinic.test_pages import statements
from tests.moments import NOW
from tests.people import Person

Browser = Callable[[Person], Client]
Clock = time_machine.Traveller
MINUTE = timedelta(minutes=1)
STEP = timedelta(seconds=30)
HOME, DOOR, SECOND = "/", "/sign-in", "/sign-in/second"
API = "/api/v1/me"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def helena(hillside: Clinic) -> Person:
    return staff(hillside, Role.ADMINISTRATOR, name="Helena")


now = timezone.now


def sign_in(person: Person, **more: str) -> Client:
    """A browser after the password."""
    client = Client()
    client.post(DOOR, {"email": person.user.email, "password": PASSWORD, **more})
    return client


def key_on(page: Any) -> str:
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.content.decode())
    assert found is not None
    return found[1]


def codes_on(page: Any) -> list[str]:
    return re.findall(r"<li><code>([A-Z2-9-]+)</code></li>", page.content.decode())


def options_on(page: Any) -> dict[str, Any]:
    found = re.search(r'data-(?:new-)?passkey="([^"]+)"', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


def add_app(client: Client) -> tuple[str, list[str]]:
    """The key of a new app, and the recovery codes if it is the first second factor."""
    key = key_on(client.get("/account/app"))
    page = client.post("/account/app", {"name": "My phone", "code": app_code(key, now())}, follow=True)
    assert page.status_code == 200
    return key, codes_on(page)


def add_passkey(client: Client, passkey: Passkey) -> Any:
    answer = passkey.create(options_on(client.get("/account/passkey")))
    return client.post("/account/passkey", {"name": "Blue key", "passkey": answer}, follow=True)


def ask_for_it(clinic: Clinic, *, days: int = 0) -> None:
    Clinic.objects.filter(pk=clinic.pk).update(second_factor_from=NOW.date() + timedelta(days=days))


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


# --- adding and using ----------------------------------------------------------------------------------------


def test_an_app_is_added_with_ten_recovery_codes_and_asked_for_from_then_on(
    maria: Person, browser: Browser, clock: Clock
):
    desk = browser(maria)
    page = desk.get("/account/app")
    assert "<svg" in page.content.decode()
    assert key_on(page) == key_on(desk.get("/account/app"))  # it may be in the app already
    key, codes = add_app(desk)
    assert len(set(codes)) == 10
    assert not codes_on(desk.get("/account"))
    assert "My phone Authenticator app, added 2 March 2026" in said(desk.get("/account"))
    assert "10 left." in said(desk.get("/account"))
    clock.shift(STEP)
    client = Client()
    asked = client.post(f"{DOOR}?next=/reviews", {"email": "maria@example.org", "password": PASSWORD})
    assert asked.headers["Location"] == SECOND
    assert "Type the code that your authenticator app shows." in said(client.get(SECOND))
    inside = client.post(SECOND, {"code": app_code(key, now())})
    assert inside.headers["Location"] == "/reviews"
    assert client.get("/reviews").status_code == 200


def test_an_app_that_shows_another_code_is_not_added(maria: Person, browser: Browser):
    desk = browser(maria)
    key = key_on(desk.get("/account/app"))
    wrong = f"{(int(app_code(key, NOW)) + 1) % 10**6:06}"
    page = desk.post("/account/app", {"name": "My phone", "code": wrong})
    assert page.status_code == 422
    assert "Code that the app shows now: The app shows another code." in said(page)
    assert key_on(page) == key
    assert not SecondFactor.objects.exists()


def test_a_code_of_the_app_works_once_and_so_does_the_one_it_was_added_with(
    maria: Person, browser: Browser, clock: Clock
):
    key, _ = add_app(browser(maria))
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now())}).status_code == 422
    clock.shift(2 * STEP)
    code = app_code(key, now())
    assert sign_in(maria).post(SECOND, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    again = sign_in(maria).post(SECOND, {"code": code})
    assert again.status_code == 422
    assert "Code: This code does not work. Wait for the next one, or use a recovery code." in said(again)
    late = sign_in(maria).post(SECOND, {"code": app_code(key, now() - STEP)})
    assert late.status_code == 422  # older than the one that was used


def test_a_clock_that_is_half_a_minute_wrong_is_good_enough_and_a_minute_is_not(
    maria: Person, browser: Browser, clock: Clock
):
    key, _ = add_app(browser(maria))
    clock.shift(10 * STEP)
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now() - 2 * STEP)}).status_code == 422
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now() - STEP)}).status_code == 302
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now() + STEP)}).status_code == 302
    assert sign_in(maria).post(SECOND, {"code": app_code(key, now() + 2 * STEP)}).status_code == 422


def test_a_recovery_code_works_once_and_new_ones_make_the_old_void(maria: Person, browser: Browser):
    desk = browser(maria)
    _, codes = add_app(desk)
    assert sign_in(maria).post(SECOND, {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    assert sign_in(maria).post(SECOND, {"code": codes[0]}).status_code == 422
    assert "9 left." in said(desk.get("/account"))
    fresh = codes_on(desk.post("/account/recovery-codes"))
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert sign_in(maria).post(SECOND, {"code": codes[1]}).status_code == 422
    assert sign_in(maria).post(SECOND, {"code": fresh[1]}).status_code == 302


def test_nobody_signs_in_with_the_codes_of_somebody_else(helena: Person, maria: Person, browser: Browser):
    add_app(browser(maria))
    _, codes = add_app(browser(helena))
    assert sign_in(maria).post(SECOND, {"code": codes[0]}).status_code == 422


@pytest.mark.parametrize("counter", [1, None])
def test_a_passkey_is_added_and_signs_in(maria: Person, browser: Browser, counter: int | None):
    passkey = Passkey(counter=counter)
    assert len(codes_on(add_passkey(browser(maria), passkey))) == 10
    for _ in range(2):
        client = sign_in(maria)
        page = client.get(SECOND)
        assert "Use your passkey. Neither here? Type a recovery code." in said(page)
        assert client.post(SECOND, {"passkey": passkey.get(options_on(page))}).status_code == 302
        assert is_in(client)


def test_an_answer_of_a_passkey_works_once_here_and_for_this_site_only(maria: Person, browser: Browser):
    passkey = Passkey()
    add_passkey(browser(maria), passkey)
    client, other = sign_in(maria), sign_in(maria)
    options, others = options_on(client.get(SECOND)), options_on(other.get(SECOND))
    answer = passkey.get(options)
    assert other.post(SECOND, {"passkey": answer}).status_code == 422  # of another question
    assert client.post(SECOND, {"passkey": answer}).status_code == 302
    again = sign_in(maria)
    again.get(SECOND)
    assert again.post(SECOND, {"passkey": answer}).status_code == 422
    for origin in ("http://evil.testserver", "https://testserver", "http://testserver:81"):
        passkey.origin = origin
        page = other.post(SECOND, {"passkey": passkey.get(others)})
        assert page.status_code == 422
        assert "Code: This passkey did not work. Try again, or use a code." in said(page)
        others = options_on(page)
    passkey.origin = "http://testserver"
    assert other.post(SECOND, {"passkey": passkey.get(others)}).status_code == 302


def test_a_copy_of_a_passkey_is_found_by_its_count(maria: Person, browser: Browser):
    passkey = Passkey(counter=5)
    add_passkey(browser(maria), passkey)
    client = sign_in(maria)
    assert client.post(SECOND, {"passkey": passkey.get(options_on(client.get(SECOND)))}).status_code == 302
    passkey.counter = 4
    client = sign_in(maria)
    assert client.post(SECOND, {"passkey": passkey.get(options_on(client.get(SECOND)))}).status_code == 422


@pytest.mark.parametrize("answer", ["", "x", "null", "[]", "{}", '{"id": 1, "rawId": 1}', '"x"', "\x00"])
def test_what_is_no_answer_of_a_passkey_is_a_sentence(maria: Person, browser: Browser, answer: str):
    desk = browser(maria)
    desk.get("/account/passkey")
    assert desk.post("/account/passkey", {"name": "Blue key", "passkey": answer}).status_code == 422
    assert not SecondFactor.objects.exists()
    add_app(desk)
    client = sign_in(maria)
    client.get(SECOND)
    assert client.post(SECOND, {"passkey": answer}).status_code == 422


def test_the_same_passkey_is_not_offered_twice_and_five_are_enough(maria: Person, browser: Browser):
    desk = browser(maria)
    first = Passkey()
    add_passkey(desk, first)
    known = options_on(desk.get("/account/passkey"))["publicKey"]["excludeCredentials"]
    assert len(known) == 1
    for _ in range(4):
        add_passkey(desk, Passkey())
    assert "You have 5 second factors: remove one first." in said(add_passkey(desk, Passkey()))
    assert SecondFactor.objects.count() == 5


def test_what_is_removed_signs_nobody_in_and_the_codes_go_with_the_last(maria: Person, browser: Browser):
    desk = browser(maria)
    key, codes = add_app(desk)
    add_passkey(desk, Passkey())
    app, passkey = SecondFactor.objects.order_by("pk")
    assert "My phone is removed." in said(desk.post(f"/account/second-factors/{app.pk}/remove", follow=True))
    assert RecoveryCode.objects.count() == 10
    desk.post(f"/account/second-factors/{passkey.pk}/remove")
    assert not RecoveryCode.objects.exists()
    assert is_in(sign_in(maria))  # by the password alone


def test_whoever_else_is_signed_in_when_one_is_removed_signs_in_again(
    maria: Person, browser: Browser, clock: Clock
):
    """It may be in the hands of who found the phone."""
    desk = browser(maria)
    key, codes = add_app(desk)
    add_passkey(desk, Passkey())
    other = sign_in(maria)
    other.post(SECOND, {"code": codes[0]})
    asked = {"email": "maria@example.org", "password": PASSWORD, "code": codes[1], "device_name": "Phone"}
    token = Client().post("/api/v1/sign-in", asked, content_type="application/json").json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    clock.shift(MINUTE)
    assert is_in(other)
    assert Client().get(API, headers=headers).status_code == 200
    desk.post(f"/account/second-factors/{SecondFactor.objects.order_by('pk')[0].pk}/remove")
    assert is_in(desk)
    assert not is_in(other)
    assert Client().get(API, headers=headers).status_code == 401


def test_nobody_removes_what_is_somebody_elses(helena: Person, maria: Person, browser: Browser):
    add_app(browser(helena))
    theirs = SecondFactor.objects.get()
    assert browser(maria).post(f"/account/second-factors/{theirs.pk}/remove").status_code == 404
    assert SecondFactor.objects.exists()


def test_the_password_is_asked_again_after_five_minutes(maria: Person, browser: Browser, clock: Clock):
    desk = browser(maria)
    key = key_on(desk.get("/account/app"))
    clock.shift(4 * MINUTE)
    assert desk.get("/account/app").status_code == 200
    clock.shift(MINUTE)
    late = desk.post("/account/app", {"name": "My phone", "code": app_code(key, now())})
    assert late.headers["Location"] == "/account/password?next=/account/app"
    for path in ("/account/passkey", "/account/app"):
        assert desk.get(path).headers["Location"] == f"/account/password?next={path}"
    for path in ("/account/recovery-codes", "/account/second-factors/1/remove"):
        assert desk.post(path).headers["Location"] == "/account/password?next=/account"
    assert not SecondFactor.objects.exists()
    wrong = desk.post(late.headers["Location"], {"password": "not the one"})
    assert wrong.status_code == 422
    assert "Password: This is not your password." in said(wrong)
    right = desk.post(late.headers["Location"], {"password": PASSWORD})
    assert right.headers["Location"] == "/account/app"
    assert add_app(desk)[0] == key
    elsewhere = desk.post("/account/password?next=https://elsewhere.example/", {"password": PASSWORD})
    assert elsewhere.headers["Location"] == "/account"


def test_ten_wrong_passwords_are_enough_here_too(maria: Person, browser: Browser):
    desk = browser(maria)
    for limit, key in sign_in_limits(address="127.0.0.1", email="maria@example.org"):
        for _ in range(9):
            limit.count(key, now=NOW)
    assert desk.post("/account/password", {"password": "not the one"}).status_code == 422
    assert desk.post("/account/password", {"password": PASSWORD}).status_code == 429


# --- half signed in -----------------------------------------------------------------------------------------


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


# --- the clinic asks for it -------------------------------------------------------------------------------------


def test_who_has_none_adds_one_before_anything_else(hillside: Clinic, maria: Person, browser: Browser):
    ask_for_it(hillside)
    client = sign_in(maria)
    for path in (HOME, "/reviews", "/cover", "/patients/1"):
        assert client.get(path).headers["Location"] == "/account"
        assert client.post(path).headers["Location"] == "/account"
    assert client.get("/", headers={"HX-Request": "true"}).status_code == 401
    assert client.get(API).status_code == 401
    assert Client().get(API, headers=maria.headers).status_code == 401
    page = client.get("/account")
    assert "Your clinic asks for one since 2 March 2026. Then you can go on." in said(page)
    assert "Patients" not in said(page)
    assert client.post("/stay-signed-in").status_code == 204
    add_app(client)
    assert client.get(HOME).status_code == 200
    assert client.get(API).status_code == 200


def test_what_was_written_when_it_began_is_offered_once_there_is_one(
    hillside: Clinic, maria: Person, browser: Browser
):
    ana = people.patient(maria, name="Ana")
    desk = browser(maria)
    ask_for_it(hillside)
    path = f"/patients/{ana.user.pk}/messages"
    assert desk.post(path, {"text": "Rest today.", "to_patient": "yes"}).headers["Location"] == "/account"
    assert "Your clinic asks for one" in said(desk.get("/account"))
    add_app(desk)
    page = desk.get("/account")
    assert "It is still here." in said(page)
    desk.post(path, hidden(page))
    with acting_for_all():
        assert StaffMessage.objects.get().text == "Rest today."
    assert "Save what you wrote" not in said(desk.get("/account"))


def test_the_last_one_stays_while_the_clinic_asks_for_it(hillside: Clinic, maria: Person, browser: Browser):
    desk = browser(maria)
    add_app(desk)
    ask_for_it(hillside)
    app = SecondFactor.objects.get()
    page = desk.post(f"/account/second-factors/{app.pk}/remove", follow=True)
    assert "add another one before you remove this one" in said(page)
    assert SecondFactor.objects.exists()


def test_from_tomorrow_on_means_tomorrow(hillside: Clinic, maria: Person, clock: Clock):
    ask_for_it(hillside, days=1)
    assert sign_in(maria).get(HOME).status_code == 200
    clock.shift(timedelta(days=1))
    assert sign_in(maria).get(HOME).status_code == 302


def test_a_patient_who_works_here_too_stays_a_patient_on_the_phone(hillside: Clinic, helena: Person):
    someone = people.patient(staff(hillside, Role.THERAPIST, name="Noor"))
    people.member(hillside, Role.THERAPIST, user=someone.user)
    answer = Client().get(API, headers=someone.headers)
    assert answer.json()["roles"] == ["patient", "therapist"]
    ask_for_it(hillside)
    answer = Client().get(API, headers=someone.headers)
    assert answer.json()["roles"] == ["patient"]


def test_an_administrator_asks_for_it_and_goes_first(hillside: Clinic, helena: Person, browser: Browser):
    desk = browser(helena)
    sent = fields(desk.get("/clinic")) | {"second_factor_from": NOW.date().isoformat()}
    assert desk.post("/clinic", sent).status_code == 302
    hillside.refresh_from_db()
    assert hillside.second_factor_from == NOW.date()
    assert desk.get("/clinic").headers["Location"] == "/account"
    add_app(desk)
    page = desk.get("/clinic")
    assert fields(page)["second_factor_from"] == "2026-03-02"
    assert "Nobody is locked out" in said(page)
    sent = fields(page) | {"second_factor_from": ""}
    desk.post("/clinic", sent)
    hillside.refresh_from_db()
    assert hillside.second_factor_from is None


# --- somebody has lost it -----------------------------------------------------------------------------------------


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


# --- what is kept ----------------------------------------------------------------------------------------------


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


def test_looking_changes_nothing_but_the_session(maria: Person, browser: Browser):
    desk = browser(maria)
    add_app(desk)
    for path in ("/account", "/account/app", "/account/passkey", "/account/password"):
        for statement in statements(desk, path):
            changes = re.match(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', statement)
            assert changes is None or changes[2] == "django_session", statement
