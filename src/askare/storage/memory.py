"""What one process remembers of one database.  Nothing here has to be true for an answer to be right."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator

from askare.storage.counts import Counts
from askare.storage.finds import Finds
from askare.storage.pages import Pages

WORDS_MAX = 50_000
ESTIMATES_MAX = 5_000


class Bell:
    """Wakes those of this process who wait for something to appear in the database."""

    def __init__(self) -> None:
        self._answers: dict[str, Callable[[], object]] = {}

    @contextlib.contextmanager
    def answered_by(self, name: str, answer: Callable[[], object]) -> Iterator[None]:
        """Call `answer` when somebody rings under this name, in the thread of whoever rings."""
        self._answers[name] = answer
        try:
            yield
        finally:
            del self._answers[name]

    def ring(self, name: str) -> None:
        answer = self._answers.get(name)
        if answer is not None:
            with contextlib.suppress(RuntimeError):  # the event loop that waited is closed
                answer()


class Memory:
    """Remembered counts, finds and pages, and the numbers of words that are in the vocabulary for certain."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}
        self.words: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._estimates: dict[Hashable, int] = {}
        self.pages = Pages()
        self.finds = Finds()
        self.bell = Bell()

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
