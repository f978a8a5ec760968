from __future__ import annotations

from . import Case, Members

CLASSIC, STABLE = "plugin-descriptor.properties", "stable-plugin-descriptor.properties"
KEYS = {
    "name": "analysis-mine",
    "description": "",
    "version": "1.0",
    "elasticsearch.version": "8.15.3",
    "java.version": "17",
}
JARS = {"mine.jar": b"PK", "bin/tool": b"", "config/a.yml": b""}


def text(**keys: str | None) -> bytes:
    """A descriptor: the keys that all have, with others. `_` stands for a dot; None takes one out."""
    given = {key.replace("_", "."): value for key, value in keys.items()}
    lines = {**KEYS, **given}.items()
    return "".join(f"{key}={value}\n" for key, value in lines if value is not None).encode()


def classic(**keys: str | None) -> Members:
    return {CLASSIC: text(**{"classname": "mine.Plugin", **keys}), **JARS}


def stable(**keys: str | None) -> Members:
    return {STABLE: text(**keys), **JARS}


FORMER = {"elasticsearch_version": "7.17.9"}
BOOTSTRAP = classic(**FORMER, type="BOOTSTRAP", classname=None, java_opts="-Xx")

CASES = {
    "plugins-no-descriptor": Case({f"mine/{CLASSIC}": text(), "mine/a.jar": b""}, classic(), ("",)),
    "plugins-two-descriptors": Case({**classic(), **stable()}, stable(), ("",)),
    "plugins-former-layout": Case(
        {f"elasticsearch/{name}": data for name, data in {CLASSIC: text(), "z.jar": b""}.items()},
        {**classic(), "lib/elasticsearch/a": b""},
        ("",),
    ),
    "plugins-missing-key": Case(
        classic(version=None, java_version=" ", classname=None), classic(), (CLASSIC, CLASSIC, CLASSIC)
    ),
    "plugins-unknown-key": Case(
        classic(type="isolated", site="true"),
        classic(extended_plugins="a,b", modulename="m", licensed="true", has_native_controller=""),
        ((CLASSIC, 7), (CLASSIC, 8)),
    ),
    "plugins-boolean": Case(stable(modular="True"), stable(modular="false"), ((STABLE, 6),)),
    "plugins-type": Case(classic(**FORMER, type="site"), classic(**FORMER, type="isolated"), ((CLASSIC, 7),)),
    "plugins-java-options": Case(classic(**FORMER, java_opts="-Xx"), BOOTSTRAP, ((CLASSIC, 7),)),
    "plugins-elasticsearch-version": Case(
        stable(elasticsearch_version="8.15"), stable(elasticsearch_version="8.4.0"), ((STABLE, 4),)
    ),
    "plugins-java-version": Case(
        classic(java_version="17.0"), classic(java_version="17.0.2"), ((CLASSIC, 5),)
    ),
    "plugins-malformed-escape": Case(
        classic(description=r"C:\users"), classic(description=r"C:\\users \u00e9"), ((CLASSIC, 2),)
    ),
    "plugins-nested-folder": Case(
        {**classic(), "bin/linux/tool": b"", "config/a/b/c.yml": b""},
        classic(),
        ("bin/linux/tool", "config/a/b/c.yml"),
    ),
    "plugins-java-source": Case(
        {**stable(), "src/Mine.java": b"", "A.java": b""}, stable(), ("A.java", "src/Mine.java")
    ),
    "plugins-security-policy": Case(
        {**classic(), "plugin-security.policy": b"grant {};"},
        {**classic(), "entitlement-policy.yaml": b""},
        ("plugin-security.policy",),
    ),
}
