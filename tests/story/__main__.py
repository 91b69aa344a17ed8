"""Eight weeks of a clinic, played against a running server over HTTP alone, and counted.

    python -m tests.story [ADDRESS] [--email EMAIL --password PASSWORD] [--push-port 8901]

As a phone and a desk would: an administrator invites colleagues, a therapist enrols a patient whose program
began on paper eight weeks ago, the patient's diary comes in from a phone that was offline, reminders arrive by
email and by web push, days are closed by Celery, a red flag is raised and closed, a clinician reads how it went.
Exits 1 if any count is off by one.

Without --email and --password it signs in as the administrator of the demo clinic, whom `make run` printed and
keeps in demo.txt of its data folder; that file is all it reads beside HTTP. Web push is taken by a receiver that
it opens on 127.0.0.1, which development allows by itself and other settings by PUSH_EXTRA_HOSTS=127.0.0.1:8901.
It leaves its patients in the clinic, and can be played again.
"""

import argparse
import re
import sys
import time

from tests.notifications.receivers import push_service
from tests.story.http import Caller, Stopped
from tests.story.plot import Story


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.story", description=__doc__.splitlines()[0])
    parser.add_argument("address", nargs="?", default="http://localhost:8000")
    parser.add_argument("--email")
    parser.add_argument("--password")
    parser.add_argument("--push-port", type=int, default=8901)
    given = parser.parse_args()
    if bool(given.email) != bool(given.password):
        parser.error("give --email and --password together")
    started = time.monotonic()
    try:
        email, password = (given.email, given.password) if given.email else demo_administrator()
        with push_service(given.push_port) as push:
            story = Story(Caller(given.address.rstrip("/")), push)
            story.play(email, password)
    except Stopped as reason:
        print(f"\nThe story stopped. {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"Port {given.push_port} cannot be used ({error.strerror}): name another --push-port, "
            "and allow it by PUSH_EXTRA_HOSTS.",
            file=sys.stderr,
        )
        return 1
    seconds = time.monotonic() - started
    if story.wrong:
        print(
            f"\n{len(story.wrong)} of {story.counted} counts are wrong, in {seconds:.0f} s:", file=sys.stderr
        )
        print("\n".join(story.wrong), file=sys.stderr)
        return 1
    print(f"\nAll {story.counted} counts are right, in {seconds:.0f} s.")
    return 0


def demo_administrator() -> tuple[str, str]:
    """The email and password that `make run` printed."""
    from config.embedded import data_folder  # where `make run` keeps its things is said in one place

    file = data_folder() / "demo.txt"
    try:
        lines = [re.split(r"\s{2,}", line.strip()) for line in file.read_text().splitlines()]
    except OSError:
        raise Stopped(
            f"{file} cannot be read: start a demo clinic with `make run`, or give --email and --password."
        ) from None
    return next((line[2], line[3]) for line in lines if line[0] == "Administrator")


if __name__ == "__main__":
    sys.exit(main())
