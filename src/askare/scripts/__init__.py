"""Scripts: what a service task starts.  A package of one's own offers some in the entry point group `askare.scripts`:

    # pyproject.toml:  [project.entry-points."askare.scripts"]  pollGateway = "my_package.scripts:poll_gateway"

    from msgspec import Struct
    from askare.scripts import Context, ScriptFailed, script

    class Parameters(Struct):          # startparam1, startparam2 … in this order, of these types
        address: str
        most: int = 100

    @script("Reads the gateway's new messages")
    async def poll_gateway(context: Context, parameters: Parameters) -> str:
        context.say("connecting")      # progress, seen in the ledger
        return "12 messages"           # what the ledger keeps

A plain `def` runs in a thread of its own.  An exception, best ScriptFailed with words for people, is the end reason
`error`.
"""

from askare.scripts.model import Context, Script, ScriptFailed, script

__all__ = ["Context", "Script", "ScriptFailed", "script"]
