"""What every HTTP client here needs, once: ECE, the forges, the state behind http, and what is downloaded.

    address.py       the one parser of addresses; where a reply sends on to, and whether one may go there
    wire.py          one request and its reply, read to its end and bounded; what a failed exchange means
    connections.py   the connection pool: one deadline over a whole exchange; what a failed connect looks like
    bodies.py        what a body holds: JSON, bounded in depth and number; text, made safe for a terminal
    authorities.py   the file of authorities to trust, looked at before it is loaded
    dates.py         dates, and how long a server asks to wait

What never lives here: an API's conventions, credentials, how often a request is sent, advice about the
settings of one client. Nothing of ours is imported. What loads an HTTP library (wire, connections)
is not named by what many commands load.
"""
