from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.forge.kind import Run
from planner.forge.port import Facts
from planner.forge.posting import Marker, attached, found_in, superseded
from planner.forge.registry import KINDS

FACTS = {name: kind.facts for name, kind in KINDS.items()}
HIDDEN, VISIBLE = FACTS["github"], FACTS["bitbucket"]
MARKER = Marker("search", "3f9c1ab", Run(12, 3))


def test_where_it_stands() -> None:
    line = "planner:preview v1 id=search commit=3f9c1ab run=12 attempt=3"
    assert attached("# Plan", MARKER, HIDDEN) == f"<!-- {line} -->\n# Plan"
    assert attached("# Plan", MARKER, VISIBLE) == f"# Plan\n\n`{line}`"


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
@given(
    marker_id=st.text(max_size=60),
    commit=st.text(max_size=60),
    run=st.none() | st.builds(Run, st.integers(1, 10**15), st.integers(1, 10**6)),
    body=st.text(max_size=60),
)
def test_what_is_attached_is_found(
    facts: Facts, marker_id: str, commit: str, run: Run | None, body: str
) -> None:
    marker = Marker(marker_id, commit, run)
    text = attached(body, marker, facts)
    assert found_in(text) == marker
    assert found_in(f"\n{text.replace(chr(10), chr(13) + chr(10))}\n") == marker


@pytest.mark.parametrize("name", ["\udcff", "a/\udce9t\udce9"])
def test_the_name_of_a_folder_need_not_be_text(name: str) -> None:
    marker = Marker(name, name)
    assert found_in(attached("# Plan", marker, HIDDEN)) == marker
    attached("# Plan", marker, HIDDEN).encode()


@given(marker_id=st.text(alphabet="->!<` \nab", max_size=30))
def test_no_id_ends_the_comment(marker_id: str) -> None:
    line = attached("", Marker(marker_id), HIDDEN).splitlines()[0]
    assert "--" not in line.removeprefix("<!--").removesuffix("-->")
    assert line.count(">") == 1


@pytest.mark.parametrize("facts", [HIDDEN, VISIBLE])
def test_one_that_is_superseded_is_no_longer_found(facts: Facts) -> None:
    body = superseded(MARKER, facts, url="https://forge.example/comment-1")
    assert found_in(body) is None
    assert "[another comment](https://forge.example/comment-1)" in body
    assert "javascript" not in superseded(MARKER, facts, url="javascript:alert(1)")


HEAD = "planner:preview v1"
FOUND = [
    (f"<!-- {HEAD} id=a commit=b run=1 attempt=2 -->", Marker("a", "b", Run(1, 2))),
    (f"<!-- {HEAD} id=a commit= run=1 attempt=2 -->\nx", Marker("a", "", Run(1, 2))),
    (f"<!-- {HEAD} id=a -->", Marker("a")),
    (f"<!-- {HEAD} id= -->", Marker("")),
    (f"<!-- {HEAD} id=a run=0 attempt=0 -->", Marker("a")),
    (f"<!-- {HEAD} id=a run=-1 attempt=x -->", Marker("a")),
    (f"<!-- {HEAD} id=a run=1 -->", Marker("a", "", Run(1, 0))),
    (f"<!-- {HEAD} id=a run={'9' * 400} -->", Marker("a")),
    (f"<!-- {HEAD} id=a run=\u0661 -->", Marker("a")),
    ("<!-- planner:preview v7 id=a more=things flag run=1 attempt=1 -->", Marker("a", "", Run(1, 1))),
    (f"text\n\n`{HEAD} id=a%20b run=1 attempt=1`\n", Marker("a b", "", Run(1, 1))),
    (f"<!-- {HEAD} run=1 -->", None),
    (f"<!-- {HEAD} id={'a' * 30_000} -->", None),
    (f"<!-- {HEAD} id={'%2F' * 4096} -->", Marker("/" * 4096)),
    (f"<!-- {HEAD} id=a", None),
    (f"<!--{HEAD} id=a-->", None),
    (f"text <!-- {HEAD} id=a -->", None),
    (f"text\n<!-- {HEAD} id=a -->", None),
    (f"> <!-- {HEAD} id=a -->", None),
    (f"`{HEAD} id=a`\ntext", None),
    (f"{HEAD} id=a", None),
    ("<!-- planner:previews v1 id=a -->", None),
    ("", None),
    ("\n \n", None),
]


@pytest.mark.parametrize(("body", "marker"), FOUND)
def test_what_is_a_marker(body: str, marker: Marker | None) -> None:
    assert found_in(body) == marker


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        (Run(1, 1), Run(2, 1), True),
        (Run(1, 9), Run(2, 1), True),
        (Run(1, 1), Run(1, 2), True),
        (Run(1, 1), Run(1, 1), False),
        (Run(2, 1), Run(1, 9), False),
        (None, Run(1, 1), False),
        (Run(1, 1), None, False),
        (None, None, False),
    ],
)
def test_which_is_older(one: Run | None, other: Run | None, older: bool) -> None:
    assert Marker("a", run=one).is_older_than(Marker("a", run=other)) is older
