"""The top of the report, the comparison across environments, and what stands beside the changes."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, CheckResult, LeftOut, Plan
from planner.model.preview import NEW, REMOVED, EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.model.resource import Content
from planner.model.value import Secret, Value
from planner.render.html import render_html

from .html_document import Node, read
from .plans import CREATE, DELETE, ICU, OFFICE, PLANS, REPLACE, UPDATE, USED, plan


def page(*shown: EnvironmentPreview, **more: object) -> Node:
    return read(render_html(Preview("search", "a" * 40, "b" * 40, shown, **more)))  # type: ignore[arg-type]


def planned(name: str, *changes: Change, **more: object) -> EnvironmentPreview:
    return EnvironmentPreview(name, plan=evolve(plan(*changes), environment=name), **more)  # type: ignore[arg-type]


FAILED = EnvironmentPreview("dr", ("var.x",), error="It did not answer.", advice="Try again.")
GONE = EnvironmentPreview("qa", (REMOVED,), removed=True, cautions=("removed; run `planner destroy`.",))


@pytest.mark.parametrize(
    ("shown", "headline"),
    [
        ((), "Merging would change nothing."),
        ((planned("dev"),), "Merging would change nothing."),
        ((planned("dev", UPDATE),), "Merging would change 1 environment."),
        ((planned("dev", UPDATE), planned("prod", UPDATE)), "Merging would change 2 environments."),
        (
            (planned("dev", UPDATE), FAILED),
            "Merging would change 1 environment. 1 environment could not be planned.",
        ),
        ((FAILED,), "Merging would change nothing that is known. 1 environment could not be planned."),
        (
            (planned("dev", DELETE, error="It is protected."), GONE),
            "Merging would change 1 environment. 1 plan would be refused. 1 environment removed.",
        ),
    ],
)
def test_one_sentence_says_what_merging_would_do(
    shown: tuple[EnvironmentPreview, ...], headline: str
) -> None:
    assert page(*shown).one("p", class_="headline").text == headline


def test_the_numbers_are_those_of_all_environments() -> None:
    document = page(planned("dev", CREATE, UPDATE), planned("prod", CREATE, REPLACE, DELETE), FAILED)
    numbers = document.one("dl", class_="numbers")
    found = {next(item.all("dt")).text: next(item.all("dd")).text for item in numbers.all("div")}
    assert found == {"to create": "2", "to update": "1", "to replace": "1", "to delete": "1"}


def test_the_commits_are_short_and_there_in_full() -> None:
    codes = list(page().one("p", class_="commits").all("code"))
    assert [(code.text, code.attributes["title"]) for code in codes] == [
        ("a" * 12, "a" * 40),
        ("b" * 12, "b" * 40),
    ]


def test_offline_and_fallback_are_said() -> None:
    notices = list(page(offline=True, fallback="planner.yaml changed").all("p", class_="notice"))
    assert notices[0].text.startswith("Offline: base and head were compared without asking any installation")
    assert notices[1].text == "All environments were planned: planner.yaml changed"


def test_every_delete_and_replace_is_named_however_many() -> None:
    deletes = [Change(Address("extension", f"e{number}"), Action.DELETE, "") for number in range(1200)]
    document = page(planned("dev", UPDATE), planned("prod", REPLACE, *deletes))
    caution = document.one("details", class_="caution")
    assert caution.one("summary").text == "Caution: 1,200 deletes and 1 replace"
    assert [title.text for title in caution.all("h3")] == ["prod"]
    named = [link.one("code").text for link in caution.all("a")]
    assert named == [*(f"extension.e{number}" for number in range(1200)), "extension.icu"]
    assert "open" not in caution.attributes


def test_a_few_deletes_stand_there_at_once_with_why_and_who_uses_them() -> None:
    used = evolve(DELETE, used_by=("shop", "warehouse"))
    caution = page(planned("prod", used)).one("details", class_="caution")
    assert "open" in caution.attributes
    assert caution.one("li").text == "-extension.synonymsit is no longer declared; used by 2 deployments"


def test_without_deletes_there_is_no_caution() -> None:
    assert not list(page(planned("dev", CREATE, UPDATE)).all(class_="caution"))


def test_a_card_says_why_what_and_what_then() -> None:
    gates = (Gate("soak 24h", False, "11h are left"), Gate("smoke", True))
    more = {
        "why": ("var.x", "files/a"),
        "digest": "sha256:d",
        "gates": gates,
        "on_merge": "waits for approval",
    }
    document = page(planned("prod", USED, CREATE, REPLACE, protected=True, **more))
    card = document.one("article")
    assert card.one("h3").text == "prodprotected"
    assert card.one("p", class_="counts").text == "+ 1 to create~ 1 to update-/+ 1 to replace"
    facts = {next(item.all("dt")).text: next(item.all("dd")) for item in card.one("dl").all("div")}
    assert [item.text for item in facts["Planned because of"].all("li")] == ["var.x", "files/a"]
    assert facts["In use"].text == "Changed resources are used by 12 deployments."
    assert [item.text for item in facts["Gates"].all("li")] == ["closed soak 24h 11h are left", "met smoke"]
    assert facts["On merge"].text == "waits for approval"
    assert facts["Plan digest"].text == "sha256:d"


def test_an_environment_that_cannot_be_planned_has_a_card_that_says_so_and_the_others_are_shown() -> None:
    document = page(FAILED, planned("prod", UPDATE))
    failed, other = document.all("article")
    assert failed.one(class_="failure").text == "Could not be planned: It did not answer.Try again."
    assert "failed" in failed.attributes["class"]
    assert other.one("h3").text == "prod"
    assert [row.attributes["id"] for row in document.all("details", class_="change")] == ["c1-0"]


def test_a_plan_that_would_be_refused_is_shown_with_the_reason() -> None:
    document = page(planned("prod", DELETE, error="a.yaml:3: no\n  Keep it."))
    card = document.one("article")
    assert card.one(class_="failure").text == "Apply would refuse this plan: a.yaml:3: no\n  Keep it."
    assert card.one("p", class_="counts").text == "- 1 to delete"
    assert [row.attributes["id"] for row in document.all("details", class_="change")] == ["c0-0"]


def test_the_same_error_is_shown_once() -> None:
    cards = list(page(FAILED, planned("prod"), evolve(FAILED, environment="qa")).all("article"))
    assert cards[2].one(class_="failure").text == "Could not be planned: for the same reason as dr."


def test_what_merging_leaves_behind_is_on_the_card() -> None:
    card = page(GONE).one("article")
    assert card.one("h3").text == "qaremoved"
    assert card.one(class_="notice").text == "Removed; run planner destroy."
    assert card.one(class_="notice").one("code").text == "planner destroy"
    assert not list(card.all(class_="failure"))
    assert "Planned because of" not in card.text


def test_a_reason_in_words_is_no_code() -> None:
    fact = page(planned("dev", CREATE, why=(NEW,))).one("article").one("dd")
    assert fact.text == "it is new"
    assert not list(fact.all("code"))


def test_a_preview_that_failed_says_why() -> None:
    document = page(error="planner.yaml:3: not YAML", advice="Mend it.")
    top = document.one("header")
    assert top.one("p", class_="headline").text.startswith("The preview failed")
    assert top.one(class_="failure").text == "Nothing could be planned: planner.yaml:3: not YAMLMend it."
    assert not list(top.all("dl"))


def test_what_was_not_looked_at_is_said() -> None:
    assert page(left_out=("dev", "qa")).one("p", class_="notice").text == "Not looked at: dev, qa"


def test_a_plan_alone_is_no_preview_of_a_merge() -> None:
    shown = Preview("search", "", "", (planned("dev", UPDATE),))
    document = read(render_html(shown))
    assert document.one("title").text == "search: plan"
    assert document.one("p", class_="eyebrow").text == "Plan"
    assert document.one("p", class_="headline").text == "Applying would change dev."
    assert not list(document.all("article"))
    assert "Environments" not in [title.text for title in document.all("h2")]


def test_an_environment_without_changes_says_so() -> None:
    document = page(planned("dev"))
    assert document.one("article").one("p", class_="counts").text == "No changes."
    assert document.one("section", data_env="0").text == "devNo changes."


def across(document: Node) -> list[list[str]]:
    table = document.one("table", class_="across")
    return [[cell.text for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]


def test_the_same_resource_is_compared_across_environments() -> None:
    other = evolve(UPDATE, diffs=UPDATE.diffs[:1])
    office = Change(OFFICE, Action.CREATE, "", after={"name": "office"})
    left_over = evolve(DELETE, address=OFFICE, deposed=True)
    document = page(
        planned("dev", UPDATE, office),
        planned("staging", other, office),
        planned("idle"),
        planned("prod", UPDATE, office, REPLACE, left_over),
    )
    assert across(document) == [
        ["Resource", "dev", "staging", "prod", "Compared"],
        ["extension.icu", "", "", "-/+", "only in prod"],
        ["extension.synonyms", "~", "~", "~", "differs: description"],
        ["traffic_filter.office", "+", "+", "+", "the same"],
    ]
    rows = {row.attributes["id"]: row for row in document.all("details", class_="change")}
    assert (
        rows["c0-0"].one(class_="elsewhere").text == "Also in staging (differs: description), prod (the same)"
    )
    assert rows["c1-1"].one(class_="elsewhere").text == "Also in dev (the same), prod (the same)"
    assert not list(rows["c3-0"].all(class_="elsewhere"))
    assert not list(rows["c3-3"].all(class_="elsewhere"))


def test_what_is_done_counts_in_a_comparison_not_only_the_attributes() -> None:
    before = evolve(REPLACE, create_before_destroy=True)
    assert across(page(planned("dev", REPLACE), planned("prod", before)))[1][-1] == "differs: what happens"


def created(environment: str, **after: Value) -> Change:
    return Change(OFFICE, Action.CREATE, "", after={"name": f"{environment}-office", **after})


def deleted(number: str, name: str = "office", **before: Value) -> Change:
    return Change(OFFICE, Action.DELETE, "", id=number, before={"name": name, "id": number, **before})


def updated(before: str, line: int, **more: object) -> Change:
    origin = (f"var.zones, environments/{before}.yaml:{line}",)
    diffs = (AttributeDiff(("zones",), 1, 3, origins=origin),)
    return Change(OFFICE, Action.UPDATE, "", after={"name": f"{before}-office"}, diffs=diffs, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dev", "prod", "compared"),
    [
        (created("dev"), created("prod"), "the same but for name"),
        (created("d"), created("live"), "the same but for name"),
        (created(""), created("live"), "the same but for name"),
        (created("Dev", url="https://dev.example/x"), created("PROD"), "differs: url"),
        (
            created("dev", url="https://dev.example/x"),
            created("prod", url="https://prod.example/x"),
            "the same but for name, url",
        ),
        (created("dev", tags=["dev", "x"]), created("prod", tags=["prod", "y"]), "differs: tags"),
        (created("v1", version="8.1.0"), created("v2", version="8.2.0"), "differs: version"),
        (created("1", version="8.1.0"), created("2", version="8.2.0"), "differs: name, version"),
        (created("dev", a=1, b=1, c=1, d=1), created("prod"), "differs: a, b, c and 1 more"),
        (created("dev", zones=1), created("dev", zones=1.0), "differs: zones"),
        (
            created("dev", login={"user": "a", "password": Secret("one")}),
            created("dev", login={"user": "a", "password": Secret("two")}),
            "the same",
        ),
        (deleted("11"), deleted("12"), "the same but for id"),
        (
            deleted("11", url="repo://11", peer="a:11/x"),
            deleted("12", url="repo://12", peer="a:12/x"),
            "the same but for id, peer, url",
        ),
        (deleted("1", version="8.1"), deleted("2", version="8.2"), "differs: version"),
        (updated("dev", 3), updated("prod", 9), "the same"),
        (updated("dev", 3), updated("prod", 9, used_by=("a",)), "the same"),
        (
            evolve(updated("dev", 3), content=Content("a", "ab" * 32, 1), content_before="00" * 32),
            evolve(updated("dev", 3), content=Content("a", "ab" * 32, 1), content_before="00" * 31 + "01"),
            "differs: content",
        ),
        (created("dev"), updated("prod", 3), "differs: what happens"),
    ],
)
def test_what_differs_is_told_apart_from_what_differs_everywhere(
    dev: Change, prod: Change, compared: str
) -> None:
    document = page(planned("dev", dev), planned("prod", prod))
    assert across(document)[1][-1] == compared
    assert bool([*document.all("td", class_="differs")]) is compared.startswith("differs")


def test_the_prefix_of_names_is_what_several_resources_begin_with() -> None:
    """One odd name is a difference, however well its end fits."""

    def three(prefix: str, odd: str) -> list[Change]:
        names = {"a": f"{prefix}-a", "b": f"{prefix}-b", "c": f"{odd}-c"}
        return [
            Change(Address("role", key), Action.CREATE, "", after={"name": name})
            for key, name in names.items()
        ]

    rows = across(page(planned("dev", *three("one", "red")), planned("prod", *three("two", "blue"))))
    assert {row[0]: row[-1] for row in rows[1:]} == {
        "role.a": "the same but for name",
        "role.b": "the same but for name",
        "role.c": "differs: name",
    }


def test_one_environment_is_compared_with_nothing() -> None:
    assert not list(page(planned("dev", UPDATE), planned("prod")).all(class_="across"))


def test_the_table_of_environments_is_bounded_and_says_so() -> None:
    many = [Change(Address("extension", f"e{number:03}"), Action.CREATE, "") for number in range(300)]
    document = page(planned("dev", *many), planned("prod", *many, REPLACE))
    shown = across(document)
    assert len(shown) == 201
    assert shown[1][0] == "extension.icu"
    assert "101 more resources in the lists below." in document.text


def section(item: Plan) -> Node:
    return page(EnvironmentPreview("staging", plan=item)).one("section", data_env="0")


def test_what_stands_beside_the_changes_is_shown() -> None:
    checks = (
        CheckResult("quota", "failed", "24 are wanted", "warning"),
        CheckResult("smoke", "unknown", "it answers", "error"),
        CheckResult("one", "passed", "", "error"),
        CheckResult("two", "passed", "", "error"),
    )
    left_out = (
        LeftOut(ICU, Action.CREATE, "it depends on another"),
        LeftOut(OFFICE, Action.DELETE),
        LeftOut(OFFICE, Action.DELETE, deposed=True),
    )
    shown = section(plan(UPDATE, checks=checks, left_out=left_out, notes=("The version moved.",)))
    assert [item.text for item in shown.all("li")] == [
        "The version moved.",
        "extension.icu (create): it depends on another",
        "traffic_filter.office (delete)",
        "traffic_filter.office, left over from a replacement (delete)",
        "quota failed 24 are wanted",
        "smoke is checked after the apply",
        "2 checks passed.",
    ]


def test_drift_stands_before_the_changes_and_apart_from_them() -> None:
    shown = section(PLANS["drift"])
    assert [title.text for title in shown.all("h3")] == ["Changed outside of planner 2", "Changes 1"]
    gone, changed = (row for row in shown.all("details", class_="change") if row.has("data_group", "drift"))
    assert [cell.text for cell in changed.all("th")][:3] == ["Attribute", "In the state", "Observed"]
    assert "role.guest" not in gone.text
    assert "extension.icu is not there any more." in gone.text


def test_outputs_are_shown_without_their_secrets() -> None:
    table = section(PLANS["outputs"]).one("table")
    assert [row.text for row in table.one("tbody").all("tr")] == [
        'languages["de", "en"]["de", "en", "fr"]',
        'owner"search team"',
        "synonyms_url(known after apply)",
        "token(sensitive)(sensitive)",
    ]
