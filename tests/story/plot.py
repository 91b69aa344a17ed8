"""What happens, in its order, and what each answer has to be."""

import html
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.notifications.receivers import Browser, PushService
from tests.story.diary import CORRECTED_WEEK, SENT_TWICE, SLOTS, WEEKS, WITHDRAWN_WEEK, Diary, Record
from tests.story.http import Caller, Stopped

# The patient lives where it is about noon, so that no midnight and no quiet hours fall into the story.
CITIES = (
    *("Pacific/Auckland", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "America/Sao_Paulo"),
    *("America/Denver", "Pacific/Honolulu"),
)
CLINICAL = re.compile(r"pain|leg|sciatica|score|flag|Nadia|Paul", re.IGNORECASE)
TICK_SECONDS = 30  # of the close of days; reminders have one of 10


@dataclass
class Story:
    anybody: Caller
    push: PushService
    counted: int = 0
    wrong: list[str] = field(default_factory=list)

    def play(self, email: str, password: str) -> None:
        self.now = datetime.now().astimezone()
        self.zone = min((ZoneInfo(city) for city in CITIES), key=self._hours_from_noon)
        self.today = self.now.astimezone(self.zone).date()
        self.start = self.today - timedelta(days=7 * WEEKS)
        self.invite_colleagues(email, password)
        self.enrol()
        self.assign()
        self.join()
        slot = self.set_reminders()
        self.sync()
        self.progress_the_plan()
        self.days_are_closed()
        self.wait_for_push(slot)
        self.wait_for_email(slot)
        self.raise_and_close_a_flag()
        self.read_as_clinician()
        self.nothing_came_twice()

    def _hours_from_noon(self, zone: ZoneInfo) -> float:
        local = self.now.astimezone(zone)
        return abs(local.hour + local.minute / 60 - 12)

    # --- counting ----------------------------------------------------------------------------------

    def count(self, what: str, found: Any, expected: Any) -> None:
        self.counted += 1
        if found != expected:
            self.wrong.append(f"  {what}: {found}, where {expected} belongs")
            print(f"  WRONG {what}: {found}, where {expected} belongs")

    def wait(self, what: str, look: Callable[[], Any], *, seconds: float) -> Any:
        """What `look` finds, as soon as it finds anything."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                raise Stopped(
                    f"Waited {seconds:.0f} seconds for {what}: see worker.log and beat.log in logs/."
                )
            time.sleep(0.5)
        return found

    # --- the desk ----------------------------------------------------------------------------------

    def invite_colleagues(self, email: str, password: str) -> None:
        administrator = self.sign_in(email, password)
        clinic = administrator.call("GET", "me").body["clinic"]["name"]
        self.therapist_email, self.therapist = self.invite(administrator, "therapist", "Ruth Adler")
        _, self.clinician = self.invite(administrator, "clinician", "Dr. Imran Malik")
        print(f"At {clinic} the administrator invites a therapist and a clinician; both join and sign in.")

    def invite(self, administrator: Caller, role: str, name: str) -> tuple[str, Caller]:
        email, password = f"{role}-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
        invitation = {"name": name, "email": email, "role": role}
        code = administrator.call("POST", "colleagues/invitations", invitation, expect=201).body["code"]
        accepted = {"code": code, "email": email, "password": password}
        self.anybody.call("POST", "accept", accepted, expect=204)
        colleague = self.sign_in(email, password)
        self.count(f"roles of the {role}", colleague.call("GET", "me").body["roles"], [role])
        return email, colleague

    def sign_in(self, email: str, password: str) -> Caller:
        said = {"email": email, "password": password, "device_name": "The desk of the story"}
        return self.anybody.as_bearer(self.anybody.call("POST", "sign-in", said, expect=201).body["token"])

    def enrol(self) -> None:
        """Nadia, whose weeks these are, and Paul, who has no phone that takes web push."""
        nadia = self.add_patient("Nadia Karimi", 1984)
        self.patient, self.episode, self.email = nadia["id"], nadia["episode"], nadia["email"]
        self.paul = self.add_patient("Paul Okonkwo", 1957)
        print(f"The therapist adds Nadia Karimi and Paul Okonkwo, both in {self.zone.key}.")

    def add_patient(self, name: str, birth_year: int) -> dict[str, Any]:
        email = f"patient-{secrets.token_hex(4)}@example.org"
        onset_on = (self.start - timedelta(days=20)).isoformat()
        person = {"name": name, "birth_year": birth_year, "time_zone": self.zone.key, "email": email}
        episode = {"onset_on": onset_on, "side": "left"}
        added: dict[str, Any] = self.therapist.call(
            "POST", "patients", person | {"episode": episode}, expect=201
        ).body
        return added

    def assign(self) -> None:
        programs = self.therapist.every("programs")
        program = next(one for one in programs if one["slug"] == "ease-and-walk")
        path = f"episodes/{self.episode}/draft"
        copy = {"program": program["id"], "starts_on": self.start.isoformat()}
        draft = self.therapist.call("POST", path, copy, expect=201)
        self.count("lines of the draft", len(draft.body["lines"]), len(program["lines"]))
        lines = draft.body["lines"][:-1]  # without the position of ease, which is never a target
        lines[0]["note"] = "Both feet, slowly."
        changed = {
            "lines": lines,
            "starts_on": self.start.isoformat(),
            "note": "Since eight weeks, on paper.",
        }
        saved = self.therapist.call("PUT", path, changed, If_Match=draft.etag)
        stale = self.therapist.ask("POST", f"{path}/publish", If_Match=draft.etag)
        self.count("answer to publishing a draft that was changed meanwhile", stale.status, 412)
        plan = self.therapist.call("POST", f"{path}/publish", expect=201, If_Match=saved.etag).body
        self.count("version and start of the plan", (plan["number"], plan["starts_on"]), (1, str(self.start)))
        published = self.therapist.every(f"episodes/{self.episode}/plans")
        self.count("lines of the plan", [len(one["lines"]) for one in published], [len(lines)])
        self.plan = plan["id"]
        print(f'She copies "Ease and walk", takes one line out, and publishes it as of {self.start}.')

    def progress_the_plan(self) -> None:
        """The second version: one minute more of walking. It starts today, the past stays as it was asked."""
        path = f"episodes/{self.episode}/draft"
        draft = self.therapist.call("POST", path, {}, expect=201)
        lines = draft.body["lines"]
        lines[-1]["dosage"]["minutes"] += 1
        changed = {"lines": lines, "starts_on": str(self.today), "note": "A little further every day."}
        saved = self.therapist.call("PUT", path, changed, If_Match=draft.etag)
        plan = self.therapist.call("POST", f"{path}/publish", expect=201, If_Match=saved.etag).body
        self.count("version of the progressed plan", plan["number"], 2)
        shown = self.phone.call("GET", "plan").body["plan"]
        self.count("plan on the phone", shown["id"], plan["id"])
        self.count(
            "minutes of a walk", shown["lines"][-1]["dosage"]["minutes"], lines[-1]["dosage"]["minutes"]
        )
        results = [{"exercise": line["exercise"], "outcome": "done"} for line in shown["lines"]]
        at = datetime.now(self.zone).isoformat()
        session = {"revision": 1, "at": at, "plan": plan["id"], "slot": 1, "results": results}
        self.phone.call("PUT", f"sessions/{uuid4()}", session, expect=201)
        done = [slot["done"] for slot in self.phone.call("GET", "today").body["sessions"]]
        self.count("sessions done today", done, [True] + [False] * (SLOTS - 1))
        print("The plan is progressed to version 2; the first session that answers it is in.")

    # --- the phone ---------------------------------------------------------------------------------

    def join(self) -> None:
        self.phone = self.phone_of(self.patient, 1984)
        today = self.phone.call("GET", "today")
        self.count("day of the program", today.body["day"], 7 * WEEKS + 1)
        self.count("sessions asked today", len(today.body["sessions"]), SLOTS)
        known = self.phone.ask("GET", "today", If_None_Match=today.etag)
        self.count("answer to a phone that knows today already", known.status, 304)
        lines = self.phone.call("GET", "plan").body["plan"]["lines"]
        self.exercises = {
            slot: [line["exercise"] for line in lines if line["dosage"]["times_per_day"] >= slot]
            for slot in range(1, SLOTS + 1)
        }
        print(f"Nadia joins by code and year of birth; it is day {today.body['day']} of the program.")

    def phone_of(self, patient: int, birth_year: int) -> Caller:
        code = self.therapist.call("POST", f"patients/{patient}/invitations", expect=201).body["code"]
        joining = {"code": code, "birth_year": birth_year, "device_name": "A phone of the story"}
        return self.anybody.as_bearer(self.anybody.call("POST", "join", joining, expect=201).body["token"])

    def set_reminders(self) -> str:
        """For the next minute, but never less than five seconds ahead: the local time as HH:MM."""
        self.subscribe()
        self.pauls_phone = self.phone_of(self.paul["id"], 1957)
        slot = f"{datetime.now(self.zone) + timedelta(seconds=65):%H:%M}"
        for phone in (self.phone, self.pauls_phone):
            phone.call("POST", "reminders", {"kind": "diary", "times": [slot]}, expect=201)
        print(f"Nadia's phone takes web push, Paul's does not; both set a reminder for {slot}.")
        return slot

    def sync(self) -> None:
        self.diary = diary = Diary(self.start, self.zone, self.plan, self.exercises)
        total: Counter[str] = Counter()
        for week, batch in diary.batches.items():
            total += self.send(f"week {week}", batch, stored=len(batch))
            if week in SENT_TWICE:
                total += self.send(f"week {week} once more", batch, same=len(batch))
        total += self.send("a corrected day", [diary.corrected()], stored=1)
        total += self.send("an undone answer", [diary.withdrawn()], stored=1)
        total += self.send_what_is_wrong()
        self.one_by_one()
        kinds = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in diary.kinds.items())
        print(f"Eight weeks come in as {len(diary.batches)} offline batches: {kinds}.")
        print(
            f"  Weeks {SENT_TWICE[0]} and {SENT_TWICE[1]} are sent twice, two records cannot be taken, a day of"
        )
        print(
            f"  week {CORRECTED_WEEK} is corrected and one of week {WITHDRAWN_WEEK} undone. The server answers"
        )
        print("  " + ", ".join(f"{number} {verdict}" for verdict, number in total.items()) + ".")

    def send(self, what: str, records: list[Record], **expected: int) -> Counter[str]:
        answers = self.phone.call("POST", "sync", {"records": records}).body["answers"]
        self.count(
            f"ids answered for {what}", [a["id"] for a in answers], [record["id"] for record in records]
        )
        verdicts = Counter(answer["answer"] for answer in answers)
        self.count(f"answers to {what}", dict(verdicts), expected)
        return verdicts

    def send_what_is_wrong(self) -> Counter[str]:
        """Two records that can never be taken, among three that can."""
        at = datetime.combine(self.today, datetime.min.time(), self.zone).isoformat()
        walks = [
            {"id": str(uuid4()), "kind": "walk", "revision": 1, "at": at, "minutes": 4} for _ in range(3)
        ]
        pain = {"id": str(uuid4()), "kind": "pain", "revision": 1, "at": at, "region": "leg", "asked": "now"}
        swim = {"id": str(uuid4()), "kind": "session", "revision": 1, "at": at}
        results = [{"exercise": "swimming-with-sharks", "outcome": "done"}]
        records = [walks[0], pain | {"score": 11}, walks[1], swim | {"results": results}, walks[2]]
        answers = self.phone.call("POST", "sync", {"records": records}).body["answers"]
        pointers = [answer.get("pointer") for answer in answers]
        where = [None, "/records/1/score", None, "/records/3/results/0/exercise", None]
        self.count("pointers to what is wrong", pointers, where)
        verdicts = Counter(answer["answer"] for answer in answers)
        self.count("answers to two wrong records among five", dict(verdicts), {"stored": 3, "refused": 2})
        walked = self.phone.call("GET", "today").body["walked_minutes"]
        self.count("minutes walked today", walked, 12)
        return verdicts

    def one_by_one(self) -> None:
        """The same rating of now by PUT, three times: sent, sent again, corrected."""
        path, at = f"pain/{uuid4()}", datetime.now(self.zone).isoformat()
        pain = {"revision": 1, "at": at, "region": "leg", "score": 3, "asked": "now"}
        revisions = (pain, pain, pain | {"revision": 2, "score": 2})
        said = [
            (answer.status, answer.body["answer"])
            for r in revisions
            for answer in [self.phone.ask("PUT", path, r)]
        ]
        self.count(
            "answers to a rating, again, corrected", said, [(201, "stored"), (200, "same"), (200, "stored")]
        )
        noted = [(one["score"], one["revision"]) for one in self.phone.call("GET", "today").body["pain"]]
        leg_today = [score for score in noted if score == (2, 2)]
        self.count("ratings of now that stand today", leg_today, [(2, 2)])

    # --- what arrives ------------------------------------------------------------------------------

    def wait_for_push(self, slot: str) -> None:
        self.wait(f"the reminder of {slot} by web push", lambda: self.push.received, seconds=150)
        arrived = self.push.received[0]
        self.count("encoding of the push", arrived.headers.get("Content-Encoding"), "aes128gcm")
        self.count("signature of the push", arrived.headers.get("Authorization", "")[:6], "vapid ")
        shown = json.loads(self.browser.open(arrived.body))["notification"]
        self.count("clinical words in the push", CLINICAL.findall(shown["title"] + shown["body"]), [])
        self.count_receipt(self.phone, slot, "webpush")
        print(f'Nadia\'s reminder arrives by web push and opens with her key: "{shown["title"]}".')

    def wait_for_email(self, slot: str) -> None:
        mails = self.wait(
            f"the reminder of {slot} by email", lambda: self.mails_to(self.paul["email"]), seconds=75
        )
        self.count("clinical words in the mail", CLINICAL.findall(mails[0]), [])
        self.count_receipt(self.pauls_phone, slot, "email")
        print("Paul's reminder arrives by email.")

    def count_receipt(self, phone: Caller, slot: str, channel: str) -> None:
        """One notification of this slot in the ledger, sent by this channel."""

        def look() -> Any:
            rows = [(row["slot"], row["state"], row["channel"]) for row in phone.every("notifications")]
            return rows if (slot, "sent", channel) in rows else None

        rows = self.wait(f"the {channel} message to be in the ledger", look, seconds=10)
        self.count(f"notifications by {channel}", rows, [(slot, "sent", channel)])

    def subscribe(self) -> None:
        self.browser = Browser()
        if self.phone.call("GET", "push/key").body["public_key"] is None:
            raise Stopped("The server sends no web push: give it VAPID_PRIVATE_KEY and VAPID_SUBJECT.")
        subscription = {"endpoint": self.push.url("/story"), "keys": self.browser.keys}
        answer = self.phone.ask("POST", "push/subscriptions", subscription)
        if answer.status == 400:
            raise Stopped(
                f"The server does not send web push to this program: start it with "
                f"PUSH_EXTRA_HOSTS={self.push.host}, then play again."
            )
        self.count("answer to the subscription", answer.status, 201)

    def mails_to(self, address: str) -> list[str]:
        """Subject and text of each mail to this address on the mailbox page."""
        articles = re.findall(r"<article>(.*?)</article>", self.anybody.page("/mailbox/"), re.DOTALL)
        return [html.unescape(article) for article in articles if f"To {address}," in article]

    # --- how it went -------------------------------------------------------------------------------

    def days_are_closed(self) -> None:
        """Both ways: the days since the start, and again those that the diary came in for afterwards."""
        expected = [self.diary.logged(week) for week in range(1, WEEKS + 1)]
        deadline = time.monotonic() + 2 * TICK_SECONDS + 10
        while True:
            trend = self.therapist.call("GET", f"episodes/{self.episode}/trend").body
            closed = [week["logged_days"] for week in trend["weeks"]] == expected
            if closed or time.monotonic() > deadline:  # too late: the counts below say what is missing
                break
            time.sleep(0.5)
        self.count("weeks that have ended", len(trend["weeks"]), WEEKS)
        self.count("last day that is closed", trend["through"], str(self.today - timedelta(days=1)))
        self.count("plan versions in the trend", [plan["number"] for plan in trend["plans"]], [1, 2])
        for region, days in (("leg", self.diary.leg), ("back", self.diary.back)):
            found = {day["on"]: day["value"] for day in trend["days"][region]}
            values = {str(day): round(float(value), 2) for day, value in days.items()}
            self.count(f"days with a value of the {region}", len(found), len(values))
            self.count(f"values of the {region}", found, values)
        print("Celery has closed the days that have ended:\n")
        print("  week  days            logged  leg pain  (own count)  sessions done  (own count)")
        for week in trend["weeks"]:
            self.week(week)

    def week(self, said: dict[str, Any]) -> None:
        number = said["week"]
        mean, adherence = self.diary.mean(number), self.diary.adherence(number)
        self.count(f"days logged in week {number}", said["logged_days"], self.diary.logged(number))
        self.count(f"mean of week {number}", said["value"], mean)
        self.count(f"sessions done by week {number}", said["session_adherence"], adherence)
        first, last = (date.fromisoformat(said[end]) for end in ("first", "last"))
        print(
            f"  {number:<6}{first:%d %b}-{last:%d %b}   {said['logged_days']} of 7  {points(said['value']):>8}  "
            f"{points(mean):>11}  {percent(said['session_adherence']):>13}  {percent(adherence):>11}"
        )

    def raise_and_close_a_flag(self) -> None:
        before = self.in_worklist(self.therapist)["status"]
        check = {"revision": 1, "at": datetime.now(self.zone).isoformat(), "answers": {"foot_drop": "yes"}}
        self.phone.call("PUT", f"symptom-checks/{uuid4()}", check, expect=201)
        flags = [flag for flag in self.therapist.every("red-flags") if flag["patient"] == self.patient]
        self.count("red flags", [flag["rule"] for flag in flags], ["foot_drop"])
        self.count("status under a red flag", self.in_worklist(self.therapist)["status"], "alert")
        self.count("sessions stopped", self.phone.call("GET", "today").body["stopped"], True)
        self.wait("the mail about the red flag", lambda: self.mails_to(self.therapist_email), seconds=20)
        closed = {"because": "Called the patient: the foot is as strong as the other one."}
        self.therapist.call("POST", f"red-flags/{flags[0]['id']}/acknowledge")
        self.therapist.call("POST", f"red-flags/{flags[0]['id']}/close", closed)
        self.count("sessions stopped afterwards", self.phone.call("GET", "today").body["stopped"], False)
        self.count("status afterwards", self.in_worklist(self.therapist)["status"], before)
        print(
            "\nA weak foot in the symptom check is a red flag: the therapist gets a mail, calls, and closes it."
        )

    def in_worklist(self, staff: Caller) -> dict[str, Any]:
        rows = [row for row in staff.every("worklist") if row["patient"] == self.patient]
        self.count("rows of the patient in the worklist", len(rows), 1)
        row: dict[str, Any] = rows[0]
        return row

    def read_as_clinician(self) -> None:
        row = self.in_worklist(self.clinician)
        last_week = self.diary.days(WEEKS)
        self.count(
            "status after eight weeks", (row["status"], row["decided_for"]), ("relieved", str(last_week[-1]))
        )
        self.count(
            "weeks in the worklist", row["weeks"], [[w, self.diary.mean(w)] for w in range(1, WEEKS + 1)]
        )
        self.count("sessions asked in seven days", row["sessions_asked"], 7 * SLOTS)
        self.count(
            "sessions done in seven days", row["sessions_done"], sum(self.diary.done[d] for d in last_week)
        )
        trend = self.clinician.call("GET", f"episodes/{self.episode}/trend").body
        self.count("status in the trend", trend["status"]["status"], row["status"])
        own = self.phone.call("GET", "progress").body
        self.count("weeks on the phone", own["trend"]["weeks"], trend["weeks"])
        print(f"The clinician reads: {row['status']}. {row['for_staff']}")
        print(f"Nadia reads: {own['sentence']}")

    def nothing_came_twice(self) -> None:
        self.count("mails to Nadia", len(self.mails_to(self.email)), 0)
        self.count("mails to Paul", len(self.mails_to(self.paul["email"])), 1)
        self.count("mails to the therapist", len(self.mails_to(self.therapist_email)), 1)
        self.count("web pushes", len(self.push.received), 1)
        for who, caller in (
            ("Nadia", self.phone),
            ("Paul", self.pauls_phone),
            ("the therapist", self.therapist),
        ):
            # (Beside it the ledger keeps what did not leave: by a channel that reaches nobody, or too late.)
            states = [row["state"] for row in caller.every("notifications")]
            self.count(f"messages that left for {who}", states.count("sent"), 1)


def points(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"
