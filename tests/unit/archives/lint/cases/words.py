from __future__ import annotations

from . import Case

FILE = "dictionaries/stopwords.txt"
GOOD = "# German\n\n  der \ndie\nfür # no comment\nder\n".encode()


def case(bad: bytes, *lines: int) -> Case:
    return Case({FILE: bad}, {FILE: GOOD}, tuple((FILE, line) for line in lines))


CASES = {
    "words-not-utf8": case("der\ndie\nfür\nwäre\n".encode("latin-1"), 3),
    "words-byte-order-mark": case("\ufeffder\ndie\n".encode(), 1),
    "words-indented-comment": case(b"der\n # die\n\t#das", 2, 3),
    "words-snowball-comment": case(b"der\n | articles\ndie  | she\n# a | b\n", 2, 3),
}
