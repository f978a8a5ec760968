"""`python -m tests.benchmarks.server [LATENCY]`: prints its port, serves until its standard input ends."""

from __future__ import annotations

import asyncio
import gc
import sys

from .connection import Connection
from .extensions import Installations


async def serve(latency: float) -> None:
    """latency: seconds that each reply waits."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    installations = Installations()
    server = await loop.create_server(
        lambda: Connection(installations.answer, latency), "127.0.0.1", 0, backlog=1024
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    loop.add_reader(sys.stdin, over.set)  # whoever started it has ended, or wants it to end
    await over.wait()


if __name__ == "__main__":
    gc.disable()  # nothing here is circular
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
