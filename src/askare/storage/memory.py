"""What one process remembers of one database.  Nothing here has to be true for an answer to be right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from askare.storage.counts import Counts

WORDS_MAX = 50_000
ESTIMATES_MAX = 5_000


class Memory:
    """Remembered counts, a kind at a time, and the numbers of words that are in the vocabulary for certain."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}
        self.words: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._estimates: dict[Hashable, int] = {}

    def counts(self, kind: str) -> Counts:
        return self._counts.setdefault(kind, Counts(kind))

    def estimate(self, question: Hashable, count: Callable[[], int]) -> int:
        """An answer that was right some time ago: good for choosing a way, never for an answer."""
        known = self._estimates.get(question)
        if known is None:
            known = self._estimates[question] = count()
            if len(self._estimates) > ESTIMATES_MAX:
                self._estimates.clear()  # old estimates are made anew now and then, too
        return known

    def keep_words(self, organization_no: int, numbers: dict[str, int]) -> None:
        """Remember word numbers that are committed; a word is never taken out of the vocabulary again."""
        for word, number in numbers.items():
            self.words[organization_no, word] = number
        while len(self.words) > WORDS_MAX:
            self.words.popitem(last=False)
