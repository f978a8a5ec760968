"""What the Markdown of a forge can do."""

from __future__ import annotations

from typing import Final

from attrs import frozen


@frozen
class Dialect:
    """The Markdown of one forge. details: `<details>` folds. mermaid: a block of mermaid is drawn. alerts:
    `> [!CAUTION]` is one.

    hides_comments: nobody sees `<!-- -->`. in_bytes: the limit of a comment counts these, or UTF-16.
    """

    details: bool = True
    mermaid: bool = True
    alerts: bool = True
    hides_comments: bool = True
    in_bytes: bool = True


USUAL: Final = Dialect()
