"""The floor of Socket Mode: raw aiohttp that acknowledges every envelope and does nothing else."""

import asyncio
import json
import sys

import aiohttp


async def serve(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        async for message in socket:
            envelope = json.loads(message.data).get("envelope_id")
            if envelope:
                await socket.send_str(json.dumps({"envelope_id": envelope}))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
