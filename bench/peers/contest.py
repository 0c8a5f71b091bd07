"""What each work gives to the bench."""

from collections.abc import Callable
from typing import NamedTuple


class Contest(NamedTuple):
    # The numbers that must agree, from the initial state; called once, before any iteration.
    values: Callable[[], dict[str, list[float]]]
    # Runs so many iterations and waits until their results are there.
    iterate: Callable[[int], None]
    # What the iterations since the last call drew, by chain.
    drawn: Callable[[], list[list[float]]] | None = None
