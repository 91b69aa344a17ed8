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
