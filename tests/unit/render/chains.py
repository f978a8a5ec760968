"""Environments and releases as the golden files show them."""

from __future__ import annotations

from planner.model.address import Address
from planner.model.chain import Standing
from planner.model.plan import AttributeDiff
from planner.model.release import (
    Comparison,
    Gate,
    KnownRelease,
    Release,
    Remark,
    RenderedDiff,
    ResourceDiff,
    Stay,
    TextDiff,
)
from planner.model.value import Fingerprint
from planner.render.standings import Place

EVIL = "\x1b[2J\u202e\n"

PLACES = (
    Place("dev", "sandbox", "state/dev.json"),
    Place("staging", "https://ece-staging.shop.example:12443", "state/staging.json", promote_from=("dev",)),
    Place(
        "prod",
        "",
        "postgresql://db.shop.example/planner/states/search-extensions",
        protected=True,
        promote_from=("staging", "hotfix"),
    ),
)

SOAK = Gate("soak", False, "r-4f2c9a1b2c soaked 18h02m of 48h in staging; eligible 2026-08-24 09:00 UTC")
CHECKS = Gate(
    "checks",
    False,
    "smoke was not verified on r-4f2c9a1b2c in staging",
    "Run: planner verify staging --check smoke --ok",
)
APPROVALS = Gate("approvals", False, "0 of 2", "Run: planner release approve r-4f2c9a1b2c prod", applies=True)
MET = Gate("promote_from", True, "r-4f2c9a1b2c runs in staging since 2026-08-22 14:58 UTC")
CONVERGED = Gate(
    "converged",
    False,
    "dev is not converged on r-77aa00bb11: 2 pending changes, 1 drifted (extension.synonyms)",
    "Run: planner plan -e dev",
)

CHAIN = (
    Standing(
        "dev", release="r-77aa00bb11", since="2026-08-23T08:00:00Z", pending=2, drifted=("extension.a",)
    ),
    Standing(
        "staging",
        ("dev",),
        release="r-4f2c9a1b2c",
        since="2026-08-22T14:58:00Z",
        coming="r-77aa00bb11",
        source="dev",
        gates=(CONVERGED,),
    ),
    Standing(
        "prod",
        ("staging",),
        protected=True,
        release="r-1c2d3e4f50",
        since="2026-07-01T10:30:00Z",
        coming="r-4f2c9a1b2c",
        source="staging",
        gates=(MET, SOAK, CHECKS, APPROVALS),
    ),
    Standing(
        "prod-eu",
        ("staging",),
        release="r-4f2c9a1b2c",
        since="2026-08-23T07:00:00Z",
        problem="list-extensions: ece-eu.shop.example:12443: the connection was refused",
        advice="Check the endpoint, its port (12443 for TLS, 12400 without), and the network or VPN.",
    ),
    Standing(
        "prod-us",
        ("staging",),
        readable=False,
        asked=False,
        problem="state/prod-us.json is empty",
    ),
    Standing("dr", ("prod-us",), asked=False, empty=True),
    Standing(
        "spare",
        ("staging",),
        release="r-1c2d3e4f50",
        since="2026-07-01T10:30:00Z",
        whole=False,
        coming="r-4f2c9a1b2c",
        source="staging",
        promoted=True,
        gates=(MET,),
    ),
    Standing(
        "demo",
        ("staging",),
        release="r-1c2d3e4f50",
        since="2026-07-01T10:30:00Z",
        asked=False,
        coming="r-4f2c9a1b2c",
        source="staging",
        gates=(MET, APPROVALS),
    ),
)

OLD, NEW = "1a2b3c4d" + "0" * 56, "9f8e7d6c" + "0" * 56
COMMIT, EARLIER = "3f9c1ab" + "0" * 33, "1a2b3c4" + "0" * 33
FINGERPRINTS = (Fingerprint("00" * 16, "11" * 32), Fingerprint("00" * 16, "22" * 32))

COMPARISON = Comparison(
    "staging",
    "prod",
    variables=(
        AttributeDiff(("var", "bundle_version"), "8.16.*", "8.15.*"),
        AttributeDiff(("var", "languages"), ["de", "fr"], ["de"]),
    ),
    templates=TextDiff("templates", COMMIT, EARLIER),
    archives=(TextDiff("files/synonyms", NEW, OLD), TextDiff("files/stopwords/fr", NEW, "")),
    local=(
        AttributeDiff(
            ("endpoint",), "https://ece-staging.shop.example:12443", "https://ece.shop.example:12443"
        ),
        AttributeDiff(("protected",), before=False, after=True),
        AttributeDiff(("gates", "soak"), None, "48h"),
        AttributeDiff(("var", "size"), 2, 8),
        AttributeDiff(("var", "webhook_token"), *FINGERPRINTS, sensitive=True),
    ),
    equal_secrets=("download_token",),
    unset_secrets=("pager_token",),
    rendered=RenderedDiff(
        only_left=(Address("extension", "stopwords_fr"),),
        both=(
            ResourceDiff(
                Address("extension", "synonyms"),
                (AttributeDiff(("name",), "staging-search-synonyms", "prod-search-synonyms"),),
                TextDiff("content", NEW, OLD),
            ),
        ),
        outputs=(AttributeDiff(("note",), "of staging", "of prod"),),
    ),
)

RELEASE = KnownRelease(
    "r-4f2c9a1b2c",
    Release({"bundle_version": "8.16.*", "languages": ["de", "fr"]}, COMMIT, {"files/synonyms": NEW}),
    "2026-08-20T09:00:00Z",
    stays=(
        Stay(
            "dev",
            "2026-08-20T09:00:00Z",
            "2026-08-23T08:00:00Z",
            by="ann@shop.example",
            commit=COMMIT,
            plan_digest=f"sha256:{OLD}",
            archives={"files/synonyms": NEW},
        ),
        Stay(
            "staging",
            "2026-08-22T14:58:00Z",
            whole=False,
            by="bob@shop.example",
            commit=EARLIER,
            pull_request="#12",
            source="dev",
            lineage="0f8e6c2a-1111-2222-3333-444455556666",
            serial=42,
            gates=(MET, Gate("soak", True, SOAK.detail, forced=f"a fix{EVIL} (bob, 2026-08-22)")),
            archives={"files/synonyms": NEW, "files/own": OLD},
        ),
    ),
    remarks=(
        Remark("staging", "verified", "ci", "2026-08-22T15:10:00Z", "smoke", ok=False),
        Remark("staging", "verified", "ci", "2026-08-22T15:20:00Z", "smoke", text="https://ci.example/1"),
        Remark("staging", "forced", "bob", "2026-08-22T14:58:00Z", "soak", text="a fix"),
        Remark("prod", "approved", "carol@shop.example", "2026-08-23T09:00:00Z"),
        Remark("prod", "rejected", "dave", "2026-08-23T10:00:00Z", text=f"wrong{EVIL} synonyms"),
    ),
)

RELEASES = (
    KnownRelease(
        "r-77aa00bb11",
        Release({"bundle_version": "8.16.*", "languages": ["de", "fr", "it", "es"], "notes": "n" * 80}),
        "2026-08-23T08:00:00Z",
        stays=(Stay("dev", "2026-08-23T08:00:00Z"),),
    ),
    RELEASE,
    KnownRelease(
        "r-0000000000",
        None,
        "2026-08-01T08:00:00Z",
        remarks=(Remark("prod", "approved", "carol", "2026-08-01T08:00:00Z"),),
    ),
)
