"""What the OpenAPI document of our own dialect says besides its endpoints."""

from __future__ import annotations

from askare.wire.ovipro.documents import document

ASKARE = document(
    "Askare API",
    "What the published APIs lean on and lack: the directory of offices, agents, operators and parties, the"
    " realties, and how an organization's calls are handled.",
)
