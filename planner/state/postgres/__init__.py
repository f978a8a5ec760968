"""The state in PostgreSQL, of many projects and environments beside each other in one schema.

    target.py        the URL: which server, database and schema
    connection.py    a connection that comes back, or says in words why it does not
    tables.py        the tables, made by the first write, and the statements on snapshots and journal
    backend.py       the port, made of these; and the lock, with the connection that it is renewed on

psycopg is an extra (`postgres`): only `target` may be imported without it.
What never lives here: credentials. They come from libpq's own variables and files.
"""
