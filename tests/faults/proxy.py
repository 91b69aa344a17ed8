"""A TCP proxy on loopback that can fall silent, like a server that hangs, and be slow, like a phone's network."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random


@dataclass
class Link:
    """A slow network: each way so many bytes a second, `latency` seconds late, and cut so often."""

    bytes_per_second: float
    latency: float
    cuts: int
    longest: int  # bytes through one connection before a cut, at most
    random: Random
    made: int = 0


class Proxy:
    """`upstream` is a port of loopback, or the path of a Unix socket."""

    def __init__(self, upstream: int | str, link: Link | None = None) -> None:
        self.upstream = upstream
        self.link = link
        self.port = 0
        self.hangs = False
        self.swallowed = 0  # bytes that came in while it hung: the proof that somebody met the fault
        self.loop = asyncio.new_event_loop()
        self.open: set[asyncio.StreamWriter] = set()

    def hang(self) -> None:
        self.swallowed = 0
        self.hangs = True

    def heal(self, *, tell: bool = True) -> None:
        """Pass again. Whoever waited for an answer meanwhile has lost the connection: its bytes are gone.

        Without `tell` they are not told: to them it is silent for ever, as behind a network that dropped packets.
        """
        self.hangs = False
        if tell:
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
                answers, back = await self._connect()
                self.open.add(back)
                cut = self._cutter(writer, back)
                await asyncio.gather(self._pump(reader, back, cut), self._pump(answers, writer, cut))
        for one in (writer, back):
            if one is not None:
                one.close()
                self.open.discard(one)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection("127.0.0.1", self.upstream)

    def _cutter(self, *writers: asyncio.StreamWriter) -> Callable[[int], None]:
        """Told how many bytes passed, it cuts the connection when its share is used up."""
        link = self.link
        if link is None:
            return lambda passed: None
        left = link.random.randint(1, link.longest)

        def cut(passed: int) -> None:
            nonlocal left
            left -= passed
            if left <= 0 and link.made < link.cuts:
                link.made += 1
                for writer in writers:
                    writer.transport.abort()

        return cut

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter | None,
        cut: Callable[[int], None] = lambda passed: None,
    ) -> None:
        lost = sink is None
        line: asyncio.Queue[tuple[float, bytes]] = (
            asyncio.Queue()
        )  # what is on its way through a slow network
        later = asyncio.create_task(self._arrive(line, sink)) if self.link and sink else None
        with suppress(OSError):
            while data := await source.read(1024 if self.link else 65536):
                lost = lost or self.hangs
                if lost or sink is None:
                    self.swallowed += len(data)
                elif self.link is None:
                    sink.write(data)
                    await sink.drain()
                else:
                    line.put_nowait((self.loop.time() + self.link.latency, data))
                    await asyncio.sleep(len(data) / self.link.bytes_per_second)
                    cut(len(data))
        if later:
            line.put_nowait((self.loop.time() + (self.link.latency if self.link else 0), b""))
            await later
        if sink is not None:
            sink.close()

    async def _arrive(self, line: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while True:
                at, data = await line.get()
                await asyncio.sleep(at - self.loop.time())
                if not data:
                    return
                sink.write(data)
                await sink.drain()


@contextmanager
def proxy(upstream: int | str, link: Link | None = None) -> Iterator[Proxy]:
    """A proxy before this port of loopback."""
    one = Proxy(upstream, link)
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
