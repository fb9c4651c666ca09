"""REST in: orders come, their state and the hours of changeovers can be asked for."""

from __future__ import annotations

import hmac
import json
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from linewright import _core
from linewright.mes._desk import MOST_BYTES, Desk, RefusedError
from linewright.stations.mes.logic import Order
from linewright.value.hours import read_ledger

STATUS = {"conflict": 409, "invalid": 422, "away": 503}
MOST_BODY = 2 * MOST_BYTES


def app(desk: Desk, *, token: str = "", operator: str = "mes") -> Starlette:
    """The application. With `token` every request must carry it as a bearer."""

    async def orders(request: Request) -> Response:
        if request.method == "GET":
            book = await run_in_threadpool(desk.book)
            return JSONResponse({"orders": [_plain(o) for o in book.orders.values()]})
        asked = await _body(request)
        if isinstance(asked, Response):
            return asked
        number, toml = asked.get("order"), asked.get("recipe")
        new = await run_in_threadpool(desk.take, number, toml, operator)
        return JSONResponse({"order": number, "new": new}, status_code=202 if new else 200)

    async def one(request: Request) -> Response:
        number = request.path_params["number"]
        order = (await run_in_threadpool(desk.book)).orders.get(number)
        if order is None:
            return _said(404, f"no order {number}")
        if request.method == "DELETE":
            await run_in_threadpool(
                desk.cancel, number, operator, "cancelled by the plant's system"
            )
            return JSONResponse({"order": number, "state": "cancelled"})
        return JSONResponse(_plain(order))

    async def changeovers(request: Request) -> Response:  # noqa: ARG001
        made = await run_in_threadpool(read_ledger, desk.ledger)
        return JSONResponse(made.as_json())

    def guarded(handler: Any) -> Any:
        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode("utf-8", "replace")
            if token and not hmac.compare_digest(given, f"Bearer {token}".encode()):
                return _said(401, "no token, or another one")
            try:
                response: Response = await handler(request)
            except RefusedError as refused:
                return _said(STATUS[refused.why], str(refused))
            except _core.LedgerError as error:
                return _said(503, f"the ledger cannot be read: {error}")
            return response

        return answer

    return Starlette(
        routes=[
            Route("/orders", guarded(orders), methods=["GET", "POST"]),
            Route("/orders/{number}", guarded(one), methods=["GET", "DELETE"]),
            Route("/changeovers", guarded(changeovers), methods=["GET"]),
        ]
    )


async def _body(request: Request) -> dict[str, Any] | Response:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BODY:
            return _said(413, f"more than {MOST_BODY} bytes")
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError):
        return _said(400, "not JSON")
    if not isinstance(asked, dict):
        return _said(400, "not a JSON object")
    return asked


def _plain(order: Order) -> dict[str, Any]:
    return {
        "order": order.number,
        "recipe": order.recipe,
        "state": order.state,
        "reason": order.reason,
        "rows": list(order.rows),
    }


def _said(status: int, error: str) -> Response:
    headers = {"Retry-After": "5"} if status == 503 else {}
    return JSONResponse({"error": error[:1000]}, status_code=status, headers=headers)
