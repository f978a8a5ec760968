"""Where the state lives: the snapshot's format, the journal, locks, saved plans, one file per backend.

    snapshot.py    State <-> bytes, and what can be wrong with the bytes
    journal.py     records <-> lines with a checksum
    store.py       snapshot + journal + lock of one environment: what the engine and the commands use
    backend.py     the port: what a place for bytes must promise
    local.py       files; registry.py finds the backend of a URL
    saved_plan.py  Plan <-> file
    document.py    JSON documents with a version, a digest and a schema; files.py writes private files

A writer goes: lock, `checkpoint`, `open_journal`, `write` around every call, `commit`. A reader only loads.
What never lives here: calls to the API, decisions about resources, secrets.
"""
