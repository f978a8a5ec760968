"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadlines: a busy machine is no defect. In CI the same examples each time; people look for new ones.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")
