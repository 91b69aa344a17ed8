"""The chain from easier to harder exercises. PURE."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Name = TypeVar("Name", str, int)


def find_loop(variants: Iterable[tuple[Name, Name | None, Name | None]]) -> list[Name]:
    """The exercises of a chain that comes back to its start; empty when no chain does.

    Takes (exercise, its easier variant, its harder variant); a variant that is empty or None is none.
    """
    chain: TopologicalSorter[Name] = TopologicalSorter()
    for name, easier, harder in variants:
        if easier:
            chain.add(name, easier)
        if harder:
            chain.add(harder, name)
    try:
        chain.prepare()
    except CycleError as error:
        loop: list[Name] = error.args[1]
        return loop
    return []


def levels(variants: Iterable[tuple[Name, Name | None, Name | None]]) -> dict[Name, int]:
    """How high each exercise stands in its chain: 1 where nothing easier is named. Takes what find_loop takes.

    Raises graphlib.CycleError for a chain that comes back to its start.
    """
    below: dict[Name, set[Name]] = {}
    for name, easier, harder in variants:
        below.setdefault(name, set()).update({easier} if easier else ())
        if harder:
            below.setdefault(harder, set()).add(name)
    found: dict[Name, int] = {}
    for name in TopologicalSorter(below).static_order():
        found[name] = 1 + max((found[one] for one in below.get(name, ())), default=0)
    return found
