"""How names and things bend in the three languages of the demo data.

A phrase asks for a form by its ending: `{buyer:lle}` is Virtaselle, `{home:sta}` kaksiosta, `{buyer:s}` Lindströms.
Finnish forms are written out whole, because stems change (`Aalto`, `Aallolle`); a form that nobody wrote down is a
KeyError, never a guess.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Language(Enum):
    FI = "fi"
    SV = "sv"
    EN = "en"


class Finnish(Struct, frozen=True):
    """A Finnish noun or name.  `ssa` is where one is and `hun` where one goes, in whatever case the word takes:
    kaksiossa and kaksioon, tontilla and tontille."""

    word: str
    n: str
    ta: str
    sta: str
    lle: str = ""
    lta: str = ""
    ssa: str = ""
    hun: str = ""

    def __format__(self, ending: str) -> str:
        form: str = getattr(self, ending or "word", "")
        if not form:
            raise KeyError(f"{self.word} has no form {ending}")
        return form

    def after(self, before: str) -> Finnish:
        """The same word with uninflected words before it: first names, the beginning of a company's name."""
        forms = (self.word, self.n, self.ta, self.sta, self.lle, self.lta, self.ssa, self.hun)
        return Finnish(*(f"{before} {form}" if form else "" for form in forms))


class Swedish(Struct, frozen=True):
    """A Swedish name: it bends only in the genitive."""

    word: str

    def __format__(self, ending: str) -> str:
        if ending == "s":
            return self.word if self.word.endswith(("s", "x", "z")) else f"{self.word}s"
        return format(self.word, ending)


class English(Struct, frozen=True):
    """An English name: it bends only in the genitive."""

    word: str

    def __format__(self, ending: str) -> str:
        return f"{self.word}’s" if ending == "s" else format(self.word, ending)


Name = Finnish | Swedish | English
