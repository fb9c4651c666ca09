"""The interface to the plant's execution system: recipe orders in, verified changeovers out.

The ledger is the interface by default: `linewright order` puts an order in, `linewright changeover`
reads hours out. `linewright mes` adds REST both ways (extra `hmi`: Starlette, uvicorn). It stands
beside the line as a process of its own: what it waits for, the line does not.
"""

from linewright.mes._desk import Desk, RefusedError
from linewright.mes._outbox import Outbox, post
from linewright.mes._verify import verified

__all__ = ["Desk", "Outbox", "RefusedError", "post", "verified"]
