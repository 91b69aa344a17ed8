"""A TCP proxy on loopback that can fall silent: it accepts, reads, and never answers, like a broker that hangs."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self.hangs = False
        self.swallowed = 0  # bytes that came in while it hung: the proof that somebody met the fault
        self.loop = asyncio.new_event_loop()
        self.open: set[asyncio.StreamWriter] = set()

    def hang(self) -> None:
        self.swallowed = 0
        self.hangs = True

    def heal(self) -> None:
        """Pass again. Whoever waited for an answer meanwhile has lost the connection: its bytes are gone."""
        self.hangs = False
        self.loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for writer in self.open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        back: asyncio.StreamWriter | None = None
        with suppress(OSError):
            if self.hangs:
                await self._pump(reader, None)
            else:
                answers, back = await asyncio.open_connection("127.0.0.1", self.upstream)
                self.open.add(back)
                await asyncio.gather(self._pump(reader, back), self._pump(answers, writer))
        for one in (writer, back):
            if one is not None:
                one.close()
                self.open.discard(one)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter | None) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self.hangs or sink is None:
                    self.swallowed += len(data)
                else:
                    sink.write(data)
                    await sink.drain()
        if sink is not None:
            sink.close()


@contextmanager
def proxy(upstream: int) -> Iterator[Proxy]:
    """A proxy before this port of loopback."""
    one = Proxy(upstream)
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(one._serve, "127.0.0.1", 0)
        one.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    task: list[asyncio.Task[None]] = []

    def run() -> None:
        asyncio.set_event_loop(one.loop)
        task.append(one.loop.create_task(serve()))
        with suppress(asyncio.CancelledError):
            one.loop.run_until_complete(task[0])
        one._close_all()
        rest = asyncio.all_tasks(one.loop)
        for each in rest:
            each.cancel()
        one.loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        one.loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(5)
    try:
        yield one
    finally:
        one.loop.call_soon_threadsafe(task[0].cancel)
        thread.join()
