"""What the phone judges by itself, without a network, is what the server's rules judge."""

import re

import pytest

from phone import files
from recovery.rules import traffic_light

STEPS = (files.STATIC / "phone" / "session" / "steps.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["RISE_RED", "MORNING_RED"])
def test_the_phone_and_the_server_call_the_same_answer_red(name: str):
    found = re.findall(rf"^const {name} = (\d+);", STEPS, re.MULTILINE)
    assert found == [str(getattr(traffic_light, name))]


def test_the_phone_knows_every_reach_in_the_servers_order():
    (found,) = re.findall(r"REACHES = \[(.*?)\]", STEPS)
    assert re.findall(r'"(\w+)"', found) == [reach.value for reach in traffic_light.Reach]
