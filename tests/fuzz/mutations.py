"""Changes to valid files that leave most of their structure whole: blind ones rarely get past the first checksum."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from tests.bench.label_files import chunk

Mutation = Callable[[bytes, Random], bytes]

NUMBERS = (0, 1, 2, 14, 15, 127, 128, 255, 256, 0x7FFF, 0xFFFF, 2**24, 2**28, 2**31 - 1, 2**31, 2**32 - 1)
NAMES = (
    "",
    "\0",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\x",
    "a" * 300,
    "\ud800",
    "\x1b[2J",
    "ü",
    "nan",
    "1e999",
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 0.5, -0.0, 3.0, 1e308, float("nan"), float("inf"), float("-inf")),
    *(255, 2**31, 2**32, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, [], {}, [[]], [{}], [0, 0], [[1, 2, 3, 4, 5, 6]]),
    *NAMES,
)
PNG_SIGNATURE = 8
MAT_HEADER = 128


def raw(data: bytes, rng: Random) -> bytes:
    """Bytes changed, cut off, doubled, moved, or a number written over them."""
    if not data:
        return rng.randbytes(rng.randrange(16))
    changed, at = bytearray(data), rng.randrange(len(data))
    length = min(rng.choice((1, 2, 4, 8, 64)), len(data) - at)
    match rng.randrange(7):
        case 0:
            del changed[at:]
        case 1:
            changed[at] ^= 1 << rng.randrange(8)
        case 2:
            del changed[at : at + length]
        case 3:
            changed[at:at] = changed[at : at + length]
        case 4:
            there = rng.randrange(len(data))
            changed[at : at + length] = data[there : there + length]
        case 5:
            changed[at : at + length] = rng.randbytes(length)
        case _:
            at -= at % 4
            size, order = rng.choice((1, 2, 4)), rng.choice(("little", "big"))
            number = rng.choice(NUMBERS) % 256**size
            changed[at : at + size] = number.to_bytes(size, order)  # type: ignore[arg-type]
    return bytes(changed)


def text(*tokens: str) -> Mutation:
    """Lines and words swapped, doubled, left out, and replaced by one of these."""

    def mutation(data: bytes, rng: Random) -> bytes:
        words = data.decode("utf-8", "surrogateescape").split(" ")
        at, there = rng.randrange(len(words)), rng.randrange(len(words))
        match rng.randrange(5):
            case 0:
                words[at] = rng.choice(tokens)
            case 1:
                words.insert(at, rng.choice(tokens))
            case 2:
                words[at], words[there] = words[there], words[at]
            case 3:
                words[at] = words[at] + rng.choice(tokens)
            case _:
                lines = " ".join(words).split("\n")
                lines.insert(rng.randrange(len(lines)), rng.choice(lines))
                words = ["\n".join(lines)]
        return " ".join(words).encode("utf-8", "surrogatepass" if "\ud800" in "".join(words) else "surrogateescape")

    return mutation


YAML = text(
    *(
        "!!int ",
        "!!bool x",
        "!!timestamp 1",
        "!!binary x",
        "!!python/object:os.system",
        "? ",
        "-",
    ),
    *("[", "]", "{", "}", "[" * 40, "2001-99-99", "0x", "1:1:1", ".nan", "-.inf", "${HOME}", "${NONE}", "null", "~"),
    *("\n", ": ", "'", '"', "|", ">", "%YAML 9.9\n", "---\n", "9" * 5000, "\0", "true", "1e400", "1_"),
)
WORDS = text(*(name for name in NAMES if name != "\ud800"), "-1", "24", "24.5", "inf", "1e400", "\n", "\t", "0x1", "١")


def json_tree(data: bytes, rng: Random) -> bytes:
    """A value replaced, left out, doubled or put into another's place; a key twice; nesting without end."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return raw(data, rng)
    places = list(_places(document))
    if not places:
        return json.dumps(rng.choice(VALUES)).encode()
    holder, key = rng.choice(places)
    match rng.randrange(7):
        case 0 | 1:
            holder[key] = rng.choice(VALUES)
        case 2:
            del holder[key]
        case 3:
            source, name = rng.choice(places)
            holder[key] = json.loads(json.dumps(source[name]))
        case 4 if isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case 4:
            holder[rng.choice(("id", "size", "counts", "name", "\ud800", key))] = holder[key]
        case 5:
            return json.dumps(document).replace("{", '{"id": 1, "size": [1, 1], ', rng.randrange(3)).encode()
        case _:
            holder[key] = "NEST"
            depth = rng.choice((5, 100, 100_000 if rng.random() < 0.01 else 500))
            return json.dumps(document).replace('"NEST"', "[" * depth + "]" * depth).encode()
    return json.dumps(document).encode()


def _places(node: Any) -> Any:
    pairs = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    for key, value in pairs:
        yield node, key
        yield from _places(value)


def png(data: bytes, rng: Random) -> bytes:
    """Chunks changed, doubled, left out or moved; their checksums mostly right, their pixels still compressed."""
    chunks, at = [], PNG_SIGNATURE
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return raw(data, rng)
    place = rng.randrange(len(chunks))
    kind, body = chunks[place]
    match rng.randrange(8):
        case 0:
            del chunks[place]
        case 1:
            chunks.insert(rng.randrange(len(chunks)), chunks[place])
        case 2:
            extra = (b"PLTE", b"tRNS", b"acTL", b"iCCP", b"gAMA", b"eXIf", b"sBIT")
            chunks.insert(1, (rng.choice(extra), rng.randbytes(rng.randrange(12))))
        case 3 if kind == b"IDAT":
            chunks[place] = kind, _recompressed(body, rng)
        case 4:
            header = bytearray(chunks[0][1].ljust(13, b"\0"))
            header[rng.choice((3, 7, 8, 9, 10, 11, 12))] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
            chunks[0] = chunks[0][0], bytes(header)
        case 5:
            header = bytearray(chunks[0][1].ljust(13, b"\0"))
            header[(side := rng.choice((0, 4))) : side + 4] = rng.choice(NUMBERS).to_bytes(4)
            chunks[0] = chunks[0][0], bytes(header)
        case _:
            chunks[place] = kind, raw(body, rng)
    return data[:PNG_SIGNATURE] + b"".join(chunk(name, content) for name, content in chunks)


def _recompressed(body: bytes, rng: Random) -> bytes:
    try:
        return zlib.compress(raw(zlib.decompress(body), rng), 1)
    except zlib.error:
        return raw(body, rng)


def npz(data: bytes, rng: Random) -> bytes:
    """A member changed, in its header or anywhere, renamed, left out or doubled."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:
        return raw(data, rng)
    if not members:
        return raw(data, rng)
    place = rng.randrange(len(members))
    name, content = members[place]
    match rng.randrange(6):
        case 0:
            members[place] = rng.choice((*NAMES[:5], f"{name}.npy", "prob.npy", "edges.npy")), content
        case 1:
            members.append((f"more{len(members)}.npy", content))
        case 2 | 3:
            members[place] = name, _other_header(content, rng)
        case _:
            members[place] = name, raw(content, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _other_header(content: bytes, rng: Random) -> bytes:
    swaps = (
        *(
            (b"'<f4'", each)
            for each in (b"'<f2'", b"'<f8'", b"'|u1'", b"'|O'", b"'<U9'", b"'<M8[s]'", b"'<c8'", b"'|V9'")
        ),
        *((b"'|i1'", each) for each in (b"'<i4'", b"'<f8'", b"'|b1'", b"'|O'", b"'<m8'", b"[('a', '<i4')]")),
        *((b"False", each) for each in (b"True", b"None")),
        *((b"(", each) for each in (b"(-1, ", b"(99999999999, ", b"(0, ", b"((", b"(1.5, ", b"(" * 60)),
        *((b", ", each) for each in (b",L ", b"" * 2, b"," * 2, b", 2, ")),
    )
    old, new = rng.choice(swaps)
    return content.replace(old, new, 1)


def mat(data: bytes, rng: Random) -> bytes:
    """The inside of a compressed variable changed, or of a bare one; either form afterwards."""
    body, kind = data[MAT_HEADER:], int.from_bytes(data[MAT_HEADER : MAT_HEADER + 4], "little")
    if kind == 15:
        try:
            body = zlib.decompress(body[8:])
        except zlib.error:
            return raw(data, rng)
    body = raw(body, rng)
    if rng.random() < 0.2:
        packed = zlib.compress(body, 1)
        body = struct.pack("<II", 15, len(packed)) + packed
    return (raw(data[:MAT_HEADER], rng) if rng.random() < 0.02 else data[:MAT_HEADER]) + body


def safetensors(data: bytes, rng: Random) -> bytes:
    """The header changed as JSON, or its length, or the tensors."""
    length = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + length], data[8 + length :]
    match rng.randrange(5):
        case 0:
            return rng.choice(NUMBERS).to_bytes(8, "little") + header + body
        case 1:
            body = raw(body, rng)
        case 2:
            header = raw(header, rng)
        case _:
            header = json_tree(header, rng)
    return len(header).to_bytes(8, "little") + header + body


def several(mutation: Mutation, data: bytes, rng: Random) -> bytes:
    """One to four changes, blind ones in between."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        try:
            data = (raw if rng.random() < 0.2 else mutation)(data, rng)
        except RecursionError:  # nested too deep to be changed once more
            data = raw(data, rng)
    return data
