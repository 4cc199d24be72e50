"""A document in small, to be unpacked byte for byte by web/unpack.js.

The numbers of a result are most of it, and those of one key are like each other: taken out of the text and sorted
into a column for each key they take a fifth less than left where they are. What is left of the text has a mark for
each number, or for a list's numbers together: a script that meets fewer marks is sooner done.
"""
import base64
import re
import zlib

NUMBER, COLUMN = "\x01", "\x02"  # JSON holds neither outside of escapes
SPACED = ";"  # ", " between the numbers of a list, in one character
LESS = ","  # in place of the one digit of base 85 that could begin a tag
NUMERAL = r"-?\d[\d.eE+-]*"
TOKEN = re.compile(rf'("(?:[^"\\]|\\.)*")(\s*:)?|{NUMERAL}(?:, ?{NUMERAL})*')


def columns(text):
    """The text with marks, and the numbers of each key in order."""
    key, rest, numbers, end = "", [], {}, 0
    for token in TOKEN.finditer(text):
        if token.group(1) is None:
            rest.append(text[end : token.start()])
            end = token.end()
            numbers.setdefault(key, []).append(token.group().replace(", ", SPACED))
        elif token.group(2) is not None:
            key = token.group(1)
    rest.append(text[end:])
    return NUMBER.join(rest), numbers


def compressed(text):
    """As gzip does it, but for numbers: short repeats among random digits cost more than the digits themselves."""
    gzip = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, strategy=zlib.Z_FILTERED)
    return gzip.compress(text.encode()) + gzip.flush()


def pack(text):
    rest, numbers = columns(text)
    parts = [rest]
    for key, values in numbers.items():
        parts += [key, "\n".join(values)]
    packed = base64.b85encode(compressed(COLUMN.join(parts)))
    return packed.decode("ascii").replace("<", LESS)
