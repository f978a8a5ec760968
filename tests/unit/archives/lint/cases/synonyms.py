from __future__ import annotations

from . import Case

FILE = "dictionaries/synonyms.txt"
GOOD = b"# cars\n\ncar, auto\ni-pod, i pod => ipod\na\\=>b, c\\,d => e\n"


def case(bad: bytes, *lines: int, good: bytes = GOOD, also: tuple[str, ...] = ()) -> Case:
    return Case({FILE: bad}, {FILE: good}, tuple((FILE, line) for line in lines), frozenset(also))


CASES = {
    "synonyms-two-arrows": case(b"a, b\n\nc => d => e\r\n#x => y => z\nf => g,h => i", 3, 5),
    "synonyms-blank-term": case(
        b"a, ,b\nc => \n   \n,\t\nd, \\ \n=>a =>\t,\n",
        *range(1, 7),
        also=("synonyms-empty-term", "synonyms-arrow-to-nothing"),
    ),
    "synonyms-not-utf8": case("a, b\nfür, pro\nvôtre, à\n".encode("latin-1"), 2, good="für, pro".encode()),
    "synonyms-byte-order-mark": case("\ufeffa, b\n".encode(), 1, good="a, \ufeff b".encode()),
    "synonyms-indented-comment": case(b" # one\n\t#, two\n\n#three", 1, 2),
    "synonyms-one-term": case(b"car; auto\nx\n\\,\n\\=>\n", 1, 2, 3, 4),
    "synonyms-arrow-to-nothing": case(b"a =>\n=> b\na => b =>\n=>\n", 1, 2, 3, 4),
    "synonyms-empty-term": case(b"a,,b\n,c,d\ne,f,\n,\ng,,h=>i\nj=>k,\n", 1, 2, 3, 4, 5, 6),
    "synonyms-repeated": case(b"#x\na, b\nc, d\n#x\n\na, b\na, b\n", 6, 7, good=b"a, b\nb, a\na,  b"),
    "synonyms-many": Case(
        {FILE: b"".join(b"%d, x%d\n" % (i, i) for i in range(10_001))},
        {FILE: b"#\n\n" + b"".join(b"%d, x%d\n" % (i, i) for i in range(10_000))},
        (FILE,),
    ),
}
