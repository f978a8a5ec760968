"""One page in a browser, as a person uses it: keys, clicks, what is to be seen; and what went wrong in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from .devtools import Browser, BrowserFailed

_DOMAINS: Final = ("Page", "Runtime", "Log", "Network")
_KEYS: Final[Mapping[str, tuple[str, int, str]]] = MappingProxyType(
    {
        "Enter": ("Enter", 13, "\r"),
        "Space": (" ", 32, " "),
        "Escape": ("Escape", 27, ""),
        "Tab": ("Tab", 9, ""),
        "ArrowDown": ("ArrowDown", 40, ""),
        "ArrowUp": ("ArrowUp", 38, ""),
    }
)


@frozen
class Page:
    browser: Browser
    session: str

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.ask(method, self.session, **params)

    def open(self, address: str) -> None:
        """Goes there, and waits until it is loaded. Once for each page."""
        self.ask("Page.navigate", url=address)
        self.browser.wait_for("Page.loadEventFired", self.session)

    def reload(self) -> None:
        """Loads the same page again."""
        seen = len(self.browser.of(self.session, "Page.loadEventFired"))
        self.ask("Page.reload")
        self.browser.wait_for("Page.loadEventFired", self.session, seen)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, which runs whatever the page's policy says."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserFailed(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Named keys (Enter, Space, Escape, Tab, ArrowDown, ArrowUp) or single characters."""
        for key in keys:
            name, code, text = _KEYS.get(key, (key, 0, key))
            about = {"key": name, "windowsVirtualKeyCode": code, "code": key if key in _KEYS else ""}
            typed = {"text": text} if text else {}
            self.ask("Input.dispatchKeyEvent", type="keyDown", **about, **typed)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.ask("Input.insertText", text=text)

    def until(self, expression: str) -> None:
        """Waits until a JavaScript expression is true."""
        self.run(f"(async () => {{ while (!({expression})) await new Promise(requestAnimationFrame); }})()")

    def click(self, selector: str) -> None:
        """A click of the mouse in the middle of the first element that matches, as soon as there is one."""
        self.until(f"document.querySelector({selector!r})")
        place = self.run(
            f"""(() => {{
                const found = document.querySelector({selector!r});
                found.scrollIntoView({{block: "center"}});
                const box = found.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        at = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **at)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def visible(self, selector: str) -> list[str]:
        """The texts of the elements that match and can be seen, wherever they are scrolled to."""
        found = self.run(
            f"""[...document.querySelectorAll({selector!r})]
                .filter((each) => each.checkVisibility()).map((each) => each.textContent)"""
        )
        return list(found)

    def size(self, width: int, height: int = 900) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def medium(self, media: str = "", **features: str) -> None:
        """`medium("print")`; `medium(prefers_color_scheme="dark")`."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.ask("Emulation.setEmulatedMedia", media=media, features=named)

    def without_scripts(self) -> None:
        self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is to be seen, or of the whole page."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def printed(self) -> bytes:
        """A PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=True)["data"])

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for, in order."""
        return [
            event["request"]["url"] for event in self.browser.of(self.session, "Network.requestWillBeSent")
        ]

    @property
    def troubles(self) -> list[Any]:
        """Exceptions, errors and warnings of the console (a breach of the policy is one), dialogs."""
        says = [
            event
            for event in self.browser.of(self.session, "Runtime.consoleAPICalled")
            if event["type"] in {"error", "warning", "assert"}
        ]
        logged = [event["entry"] for event in self.browser.of(self.session, "Log.entryAdded")]
        return [
            *self.browser.of(self.session, "Runtime.exceptionThrown"),
            *self.browser.of(self.session, "Page.javascriptDialogOpening"),
            *says,
            *(entry for entry in logged if entry["level"] in {"error", "warning"}),
        ]


@contextmanager
def new_page(browser: Browser) -> Iterator[Page]:
    """An empty page with a storage of its own."""
    context = browser.ask("Target.createBrowserContext")["browserContextId"]
    target = browser.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(browser, session)
    for domain in _DOMAINS:
        page.ask(f"{domain}.enable")
    page.size(1280)
    try:
        yield page
    finally:
        browser.ask("Target.disposeBrowserContext", browserContextId=context)
