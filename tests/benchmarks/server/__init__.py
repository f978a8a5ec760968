"""Installations that answer as fast as they can, for measuring what calls them.

The extensions of ECE's API in memory, with the paths, fields, headers and versions of the real one, and as
many installations as are asked for: each first part of a path is one, `http://127.0.0.1:PORT/<name>/api/v1/...`,
and counts its requests. It checks nothing: neither who asks nor what is sent. It uses nothing but the
standard library and attrs.

    connection.py    HTTP/1.1 by hand, over asyncio
    extensions.py    one installation: requests become replies
    __main__.py      the process
    process.py       starting it, and asking for its counts
"""
