from __future__ import annotations

from . import Case

FILE = "dictionaries/synonyms.txt"
GOOD = b"s(100000001,1,'abstain',v,1,0).\ns(100000001,2,'''scape''s',v,1,0).\ns(100000002,1,' a',n,1,0).\n"


def case(bad: bytes, *lines: int, good: bytes = GOOD, also: tuple[str, ...] = ()) -> Case:
    return Case({FILE: bad}, {FILE: good}, tuple((FILE, line) for line in lines), frozenset(also))


CASES = {
    "wordnet-short-line": case(GOOD + b"\n% words\n\xf0\x9f\x98\x80'1234567\r\n" + GOOD, 4, 5, 6),
    "wordnet-no-word": case(GOOD + b's(100000003,1,"abstain",v,1,0).\n% WordNet\'s words\n', 4, 5),
    "wordnet-empty-word": case(b"s(100000001,1,'',v,1,0).\n%% no words: ''\n", 1, 2),
    "wordnet-blank-word": case(b"s(100000001,1,' ',v,1,0).\ns(100000001,2,' \t',v,1,0).\n", 1, 2),
    "wordnet-not-utf8": case(
        GOOD + b"s(100000003,1,'caf\xe9',n,1,0).\n", 4, good="s(100000003,1,'café',n,1,0).\n".encode()
    ),
    "wordnet-byte-order-mark": case(b"\xef\xbb\xbf" + GOOD, 1),
    "wordnet-other-line": case(
        GOOD + b"g(100000001,'refrain').\n%% of 'WordNet' and others\ns(10000001,1,'a',v,1,0).\n", 4, 5, 6
    ),
}
