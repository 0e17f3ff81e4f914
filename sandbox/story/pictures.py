"""Small screenshots, drawn: a window with some lines of text and something red in it."""

import random
import struct
import zlib

WIDTH, HEIGHT = 320, 200
Pixel = tuple[int, int, int]
GREY, WHITE, INK, BAR, RED = (226, 230, 234), (255, 255, 255), (176, 184, 192), (31, 58, 77), (196, 64, 56)


def screenshot(name: str) -> bytes:
    """A PNG; the same name gives the same picture."""
    dice = random.Random(name)  # noqa: S311 - it only places lines
    rows = [bytearray(bytes(WHITE) * WIDTH) for _ in range(HEIGHT)]
    _box(rows, 0, 0, WIDTH, 22, BAR)
    _box(rows, 0, 22, 70, HEIGHT, GREY)
    for y in range(36, 190, 14):
        _box(rows, 10, y, 10 + dice.randint(25, 50), y + 5, INK)
        _box(rows, 84, y, 84 + dice.randint(40, 220), y + 5, GREY)
    top = dice.randrange(50, 150, 10)
    _box(rows, 80, top, 240, top + 26, RED)
    _box(rows, 88, top + 10, 88 + dice.randint(70, 140), top + 16, WHITE)
    return _png(rows)


def _box(rows: list[bytearray], left: int, top: int, right: int, bottom: int, color: Pixel) -> None:
    for y in range(top, bottom):
        rows[y][3 * left : 3 * right] = bytes(color) * (right - left)


def _png(rows: list[bytearray]) -> bytes:
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(raw, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
