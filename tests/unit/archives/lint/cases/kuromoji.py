from __future__ import annotations

from . import Case

FILE = "dictionaries/userdict_ja.txt"
TEXT = """# ours
東京スカイツリー,東京 スカイツリー,トウキョウ スカイツリー,カスタム名詞

 "a,b","a,b","エー",カスタム名詞
 # more
朝青龍,朝青龍,アサショウリュウ,カスタム人名
"""


def case(bad: str, *lines: int, also: tuple[str, ...] = ()) -> Case:
    found = tuple((FILE, line) for line in lines)
    return Case({FILE: bad.encode()}, {FILE: TEXT.encode()}, found, frozenset(also))


CASES = {
    "kuromoji-not-utf8": Case(
        {FILE: "日本,日本,ニホン,名詞\n".encode("euc-jp")},
        {FILE: TEXT.encode()},
        ((FILE, 1),),
    ),
    "kuromoji-byte-order-mark": case("\ufeff" + TEXT, 1, also=("kuromoji-few-fields",)),
    "kuromoji-open-quote": case('日本,日本,ニホン,"名詞\n"日本",日本,ニホン,"名詞"\n"\n', 1, 3),
    "kuromoji-repeated": case(
        '日本,日本,ニホン,名詞\n日本,日本,ニッポン,名詞\n# 日本\n "日本",日本,ニホン,名詞\n',
        *(2, 4),
    ),
    "kuromoji-few-fields": case('日本,日本,ニホン\n日本人\n日語,"日語,ニチゴ,名詞"\n', 1, 2, 3),
    "kuromoji-more-fields": case("日本,日本,ニホン,名詞,固有\n", 1),
    "kuromoji-readings": case(
        "日本人,日本 人,ニホンジン,名詞\n日本語,日本\u3000語,ニホン ゴ,名詞\n天気, 天気,テンキ,名詞\n"
        "気,気,,名詞\n",
        *(1, 2, 3),
        also=("kuromoji-other-text",),
    ),
    "kuromoji-other-text": case("日本人,日本 語,ニホン ゴ,名詞\n日本,,,名詞\n", 1, 2),
}
