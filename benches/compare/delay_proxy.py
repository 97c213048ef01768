#!/usr/bin/env python3
"""Passes TCP on to a server, each byte late: a network with that much delay.

    delay_proxy.py LISTEN_PORT SERVER_PORT ROUND_TRIP_MS

Half of the round trip's delay goes on each way. Runs until it is ended.
"""

import asyncio
import contextlib
import sys


async def pump(reader, writer, delay):
    """Passes chunks on in order; a later chunk does not wait for an earlier one's delay to begin its own."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue()

    async def send():
        while True:
            due, chunk = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                with contextlib.suppress(OSError):
                    writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()

    sending = asyncio.ensure_future(send())
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            queue.put_nowait((loop.time() + delay, chunk))
    queue.put_nowait((loop.time() + delay, b""))
    with contextlib.suppress(OSError):
        await sending


async def main(listen, server, round_trip):
    async def accept(reader, writer):
        with contextlib.suppress(OSError):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", server)
            ways = pump(reader, up_writer, round_trip / 2), pump(up_reader, writer, round_trip / 2)
            await asyncio.gather(*ways)
            up_writer.close()
            writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", listen) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
