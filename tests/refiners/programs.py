"""Programs for files: what External runs. They know the standard library alone, whoever's Python runs them."""

from __future__ import annotations

SMOOTH = '''
"""python smooth.py MASK OUTPUT: a pixel between two equal ones of its row takes their value. Grey PNGs of 8 bits."""
import struct, sys, zlib


def chunks(data):
    place = 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += 12 + length


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def rows(data, step):
    found = list(chunks(data))
    width, height = struct.unpack(">II", found[0][1][:8])
    raw = zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT"))
    before, stride = bytes(width * step), width * step + 1
    for y in range(height):
        kind, line = raw[y * stride], bytearray(raw[y * stride + 1 : (y + 1) * stride])
        for x in range(len(line)):
            left, above = line[x - step] if x >= step else 0, before[x]
            corner = before[x - step] if x >= step else 0
            line[x] = (line[x] + (0, left, above, (left + above) // 2, paeth(left, above, corner))[kind]) % 256
        yield line
        before = bytes(line)


def png(lines):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", len(lines[0]), len(lines), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\\0" + bytes(line) for line in lines))
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def smooth(line):
    middle = [a if a == c and 255 not in (a, b) else b for a, b, c in zip(line, line[1:], line[2:])]
    return [line[0], *middle, line[-1]]
'''

REFINE = (
    SMOOTH
    + """
if __name__ == "__main__":
    *_, mask, output = sys.argv
    lines = [smooth(line) for line in rows(open(mask, "rb").read(), 1)]
    open(output, "wb").write(png(lines))
"""
)
"""`... refine.py MASK OUTPUT`."""

MISBEHAVE = (
    SMOOTH
    + """
import time

if __name__ == "__main__":
    how, image, mask, output = sys.argv[1:]
    red = next(rows(open(image, "rb").read(), 3))[0]
    lines = [smooth(line) for line in rows(open(mask, "rb").read(), 1)]
    if red == 2:
        if how == "hang":
            time.sleep(600)
        if how == "crash":
            raise ZeroDivisionError("asked to")
        if how == "shrink":
            lines = lines[1:]
        if how == "invent":
            lines[-1][0] = 77
        if how == "be silent":
            sys.exit()
    open(output, "wb").write(png(lines))
"""
)
"""`... misbehave.py HOW IMAGE MASK OUTPUT`: as the other, but on images whose first pixel has a red of 2."""
