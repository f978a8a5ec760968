"""Users: the built-in ones, those made here, and those of other realms, whom a seed tells of."""

from __future__ import annotations

import re
from typing import Any, Final

from planner.sandbox import described
from planner.sandbox.described import completed
from planner.sandbox.objects import Object

NAME: Final = re.compile(r"[A-Za-z0-9_.@+-]+", re.ASCII)
ROLES: Final = (
    "ece_platform_admin",
    "ece_platform_viewer",
    "ece_deployment_manager",
    "ece_deployment_viewer",
)
NATIVE: Final = {"type": "native", "id": "native"}
ONLY_SHOWN: Final = ("permissions", "elevated_permissions", "security_realm")
SHORTEST: Final = 8


class Turn(described.Turn):
    """A password is never kept: nothing shows one."""

    def mint(self, sent: dict[str, Any]) -> str:
        name = super().mint(sent)
        if not NAME.fullmatch(name):
            raise self.refusal("name", "user_name", name=name)
        if "password" not in sent["security"]:
            raise self.refusal("password", "security.password")
        return name

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:
        self._check_changeable(before)
        self._check(sent, before)
        now, by = self.at.now(), self.call.user
        made = before.body.get("metadata") or {"created_at": now, "created_by": by}
        sent["metadata"] = {**made, "updated_at": now, "updated_by": by}
        return self._completed(sent)

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        return self._completed(sent)

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        every = self.call.flag("include_disabled")
        return super().listed([user for user in found if every or user.body["security"]["enabled"]])

    def let_go(self, thing: Object) -> None:
        self._check_changeable(thing)
        if thing.id == self.call.user:
            raise self.refusal("oneself")
        super().let_go(thing)

    def _completed(self, sent: dict[str, Any]) -> dict[str, Any]:
        sent.pop("user_name", None)
        sent["security"].pop("password", None)
        return dict(
            completed(
                sent, {"security": {"roles": [], "enabled": True, "security_realm": NATIVE}, "builtin": False}
            )
        )

    def _check_changeable(self, user: Object) -> None:
        if user.body.get("builtin"):
            raise self.refusal("builtin")
        if user.body.get("security", {}).get("security_realm", NATIVE)["type"] != "native":
            raise self.refusal("external")

    def _check(self, sent: dict[str, Any], before: Object) -> None:
        security, earlier = sent["security"], before.body.get("security", {})
        if len(security.get("password", "x" * SHORTEST)) < SHORTEST:
            raise self.refusal("password", "security.password")
        for role in security.get("roles", ()):
            if role not in ROLES:
                raise self.refusal("roles", "security.roles", role=role)
        restricted = [(f"security.{name}", security.get(name), earlier.get(name)) for name in ONLY_SHOWN]
        restricted += [(name, sent.get(name), before.body.get(name)) for name in ("builtin", "metadata")]
        restricted += [("user_name", sent.get("user_name", before.id), before.id)]
        for name, now, then in restricted:
            if now != then:
                raise self.refusal("restricted", name, name=name)
