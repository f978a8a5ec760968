"""Where the state lives: the snapshot's format, the journal, locks, saved plans, one file per backend.

    snapshot.py    State <-> bytes, and what can be wrong with the bytes; the kept ones that are a way back
    journal.py     records <-> lines with a checksum
    store.py       snapshot + journal + lock of one environment: what the engine and the commands use
    backend.py     the port: what a place for bytes must promise, and what shared places have in common
    local.py       files; postgres/, s3/ and http/ are shared places; registry.py finds the backend of a URL
    locks.py       who holds a lock, waiting for it, and the lease that a holder has to renew
    encryption.py  a wrapper around any backend; keys.py reads the keys from the process environment
    saved.py       plans and previews <-> files
    document.py    JSON documents with a version, a digest and a schema; files.py writes private files

A writer goes: lock, `checkpoint`, `open_journal`, `write` around every call, `commit`. A reader only loads.
What never lives here: calls to the API, decisions about resources, secrets.
"""

SECRET_VARIABLES = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CI_JOB_TOKEN",
    "PGPASSWORD",
    "PLANNER_STATE_KEY",
    "PLANNER_STATE_PASSPHRASE",
    "TF_HTTP_PASSWORD",
)
"""Where the credentials of all of them come from, and the keys of encrypted ones. Those that come from files
a backend tells once it has used them.
"""
