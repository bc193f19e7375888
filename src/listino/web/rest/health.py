"""Whether the process lives, and whether it can answer."""

import asyncio
import gc
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.web.auth import require
from listino.web.faults import answer_to
from listino.web.metrics import Metrics
from listino.web.roads import Roads

# How often the memory is tidied while requests come; between them collection is off.
COLLECT_EVERY_S = 60.0


async def alive(_: Request) -> Response:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


class HealthDoor:
    """Tells how the process and its database fare."""

    def __init__(self, database: Database, roads: Roads, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._database, self._roads, self._metrics, self._clock = database, roads, metrics, clock

    async def ready(self, _: Request) -> Response:
        """The database answers too."""
        answer: Response = await self._roads.in_a_moment(_ready, self._database)
        return answer

    async def metrics(self, _: Request, key: ApiKey) -> Response:
        """What is counted, in the text format of Prometheus."""
        require(key, "metrics:read")
        text = await self._roads.in_thread(self._metrics.text, self._database, self._clock())
        return Response(text, media_type="text/plain; version=0.0.4")


def _ready(database: Database) -> Response:
    try:
        reading = database.read()
    except Exception as error:
        status, body, _ = answer_to(error)
        return Response(body, 503 if status == 500 else status, media_type="application/problem+json")
    text = f'{{"status":"ready","revision":{reading.revision},"epoch":"{reading.epoch}"}}'
    return Response(text.encode(), media_type="application/json")


def calm() -> None:
    """No cyclic garbage collection while answering: what stands now is frozen, the rest tidied by the clock.

    Measured: a collection of a full cache took a hundred milliseconds in the middle of an answer.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    task = asyncio.get_running_loop().create_task(_tidy())
    _tasks.add(task)


_tasks: set[asyncio.Task[None]] = set()


async def _tidy() -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY_S)
        gc.collect(1)
