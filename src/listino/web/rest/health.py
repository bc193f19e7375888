"""Whether the process lives, and whether it can answer."""

import asyncio
import gc

from starlette.requests import Request
from starlette.responses import Response

from listino.db.engine import Database
from listino.web.faults import answer_to

# How often the memory is tidied while requests come; between them collection is off.
COLLECT_EVERY_S = 60.0


async def alive(_: Request) -> Response:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


def ready(database: Database) -> Response:
    """The database answers too."""
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
