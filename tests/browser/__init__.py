"""The HTML report in a real browser, as a person uses it. Skipped where there is no Chromium."""
