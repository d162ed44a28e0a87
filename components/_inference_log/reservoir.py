"""A uniform sample of a stream whose length is not known."""

import math
import random
from collections.abc import Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")

_BELOW_ONE = 1 - 2**-53


class Reservoir(Generic[Item]):
    """Keeps a uniform sample, at a cost for the items that it keeps only.

    It computes how many items to skip instead of drawing a number for each: Algorithm L of Li 1994,
    "Reservoir-Sampling Algorithms of Time Complexity O(n(1+log(N/n)))".

    Parameters
    ----------
    size : int
        Most items in the sample, at least 1.
    draw : Random
        The source of chance.

    Attributes
    ----------
    n_seen : int
        Items of the stream so far.
    items : list
        The sample.
    """

    def __init__(self, size: int, draw: random.Random) -> None:
        self.n_seen = 0
        self.items: list[Item] = []
        self._size = size
        self._draw = draw
        # Position in the stream of the next item to keep.
        self._next = 0
        self._largest_key = 1.0

    def choose(self, n_items: int) -> Sequence[int]:
        """Return the positions, among the stream's next items, of those to pass to ``keep`` in this order."""
        first = self.n_seen
        self.n_seen += n_items
        if self._next >= self.n_seen:
            return ()
        chosen = []
        while self._next < self.n_seen:
            chosen.append(self._next - first)
            self._next += 1 if self._next + 1 < self._size else self._draw_skip()
        return chosen

    def keep(self, item: Item) -> None:
        """Put an item into the sample, in the place of a random one if the sample is full."""
        if len(self.items) < self._size:
            self.items.append(item)
        else:
            self.items[self._draw.randrange(self._size)] = item

    def _draw_skip(self) -> int:
        """Return how far the next item to keep is from the one that was just chosen."""
        draw = self._draw.random
        self._largest_key *= math.exp(math.log(1 - draw()) / self._size)
        self._largest_key = min(self._largest_key, _BELOW_ONE)
        return 1 + math.floor(math.log(1 - draw()) / math.log1p(-self._largest_key))
