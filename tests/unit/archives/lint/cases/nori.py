from __future__ import annotations

from . import Case

FILE = "dictionaries/userdict_ko.txt"
TEXT = '# 우리\nc++\n세종\n\n세종시 세종 시 # city\n \t21세기 # 세기\n"a"\na,b\n'


def case(bad: str, *lines: int, also: tuple[str, ...] = (), good: str = TEXT) -> Case:
    found = tuple((FILE, line) for line in lines)
    return Case({FILE: bad.encode()}, {FILE: good.encode()}, found, frozenset(also))


CASES = {
    "nori-not-utf8": Case({FILE: "세종\n".encode("euc-kr")}, {FILE: TEXT.encode()}, ((FILE, 1),)),
    "nori-byte-order-mark": case("\ufeff세종\n", 1),
    "nori-open-quote": case('세종\n5"\n# "\n', 2),
    "nori-repeated": case("세종\n세종시 세종 시\n# 세종\n 세종\n세종시 세종 시 \na,b\na,c\n", 4, 5, 7),
    "nori-same-word": case("세종시\n세종시 세종 특별시\n", 2),
    "nori-longer-parts": case("세종시 세종 특별시\n세종 시 세종 시\n😀 가나다\n", 1, 2, 3),
    "nori-other-text": case("세종시 세 시\n세종시청 세종 시장\n", 1, 2),
    "nori-comment-in-word": case("c#\n세종#시\n", 1, 2),
}
