"""What those who set watches want at the moment a letter would leave; handed to the post room by `worker.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from askare.kernel.time import instant_of
from askare.letters.model import ExpiryContent, Letter, Recipient, RecipientKind
from askare.storage.transactions import Transaction
from askare.watches import operations, store


class WatchWishes:
    """The watches' own answers: letters know of watches nothing but their ids."""

    def why_not(self, tx: Transaction, letter: Letter, *, now: datetime) -> str | None:
        """Why a letter of a watch must not leave now, for administrators to read; None: it may."""
        if letter.watch_id is None:
            return None
        found = store.find(tx, letter.watch_id)
        state = store.states(tx, [letter.watch_id]).get(letter.watch_id)
        if found is None or state is None:
            return "the watch was deleted"
        content, subject = found[1].content, found[1].subject
        if now >= instant_of(state.until):
            return "the watch has ended"
        if not state.counts:
            return "what the watch looks for is no longer looked for"
        recipient = letter.recipient
        if recipient.kind is RecipientKind.AGENT and subject.agent_id != recipient.id:
            return "somebody else is the responsible agent now"
        if isinstance(letter.content, ExpiryContent):
            return None if letter.content.ends_at == content.validity_end_time else "the watch has another end by now"
        if recipient.kind is RecipientKind.AGENT:
            return None if content.tells_agent else "the watch no longer tells the agent by e-mail"
        return None if recipient.id in content.told_parties() else "the watch no longer tells the party by e-mail"

    def switch_off(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        """The recipient wants no more letters of this watch."""
        operations.switch(tx, watch_id, recipient, on=False, now=now)

    def switch_on(self, tx: Transaction, watch_id: UUID, recipient: Recipient, *, now: datetime) -> None:
        """The recipient takes that back."""
        operations.switch(tx, watch_id, recipient, on=True, now=now)
