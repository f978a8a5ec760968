"""The nouns: frozen classes and pure functions over them.

Everything else speaks in these. Nothing here reads a file, calls an API, prints, or knows the time.
"""
