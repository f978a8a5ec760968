"""Where the state lives: the snapshot's format, the journal, locks, saved plans, one file per backend.

    snapshot.py    State <-> bytes, and what can be wrong with the bytes
    journal.py     records <-> lines with a checksum
    store.py       snapshot + journal + lock of one environment: what the engine and the commands use
    kept.py        the snapshots of the history: which of them is a way back
    backend.py     the port: what a place for bytes must promise
    local.py       files; postgres/, s3/ and http/ are shared places; registry.py finds the backend of a URL
    lease.py       a lock that its holder has to renew: what shared places have in common
    encryption.py  a wrapper around any backend; keys.py reads the keys from the process environment
    saved_plan.py  Plan <-> file
    document.py    JSON documents with a version, a digest and a schema; files.py writes private files

A writer goes: lock, `checkpoint`, `open_journal`, `write` around every call, `commit`. A reader only loads.
What never lives here: calls to the API, decisions about resources, secrets.
"""
