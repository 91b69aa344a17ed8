"""The second factor of one's own: added, used, removed, and the password that is asked for first."""

import pytest
from django.test import Client

from accounts.limits import sign_in_limits
from accounts.models import RecoveryCode, SecondFactor
from tests.authenticators import Passkey, app_code
from tests.clinic.conftest import PASSWORD
from tests.clinic.second_factor.browsing import (
    API,
    DOOR,
    MINUTE,
    SECOND,
    STEP,
    Browser,
    Clock,
    add_app,
    add_passkey,
    codes_on,
    is_in,
    key_on,
    now,
    options_on,
    sign_in,
)
from tests.clinic.test_idle import said
from tests.moments import NOW
from tests.people import Person


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
    assert "Your password: This is not your password." in said(wrong)
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
