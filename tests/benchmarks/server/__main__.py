"""`python -m tests.benchmarks.server [LATENCY [RATE]]`: prints its port, serves until its input ends."""

from __future__ import annotations

import asyncio
import gc
import sys

from .connection import Connection
from .extensions import Installations
from .rate import limited


async def serve(latency: float = 0.0, rate: float = 0.0) -> None:
    """latency: seconds that each reply waits. rate: requests in a second, 0 for any number."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    installations = Installations()
    answer = limited(installations.answer, rate) if rate else installations.answer
    server = await loop.create_server(lambda: Connection(answer, latency), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    loop.add_reader(sys.stdin, over.set)  # whoever started it has ended, or wants it to end
    await over.wait()


if __name__ == "__main__":
    gc.disable()  # nothing here is circular
    asyncio.run(serve(*map(float, sys.argv[1:])))
