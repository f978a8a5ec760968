"""The ECE HTTP client: it knows HTTP and the API's conventions.

    operations.py    what can be asked, what every attempt of a call sends, and what comes back: Reply
    upload_bodies.py archives as streamed bodies
    verdicts.py      one attempt judged: a reply, an error of the API or of a gateway, or "try again"
    retry.py         how long to wait before the next attempt, and a rate limit that all threads share
    auth.py          API key, basic, login with a bearer token
    settings.py      how to reach an installation, and with which credentials
    wsgi.py          a transport that calls a WSGI app without a socket
    redaction.py     what a log or a message must not show; a request and its reply on the logger planner.ece
    client.py        all of it together, and a client for settings

How one request is sent, where it may go and how much of a reply is read: planner.net.

What never lives here: kinds and their attributes, plans, state, prompts, printing. Nothing here knows what an
extension is; advice about one kind is added by that kind, by error code.

client, verdicts, wsgi and upload_bodies load an HTTP library: import them where something is sent, as many
commands ask no installation.
"""

SECRET_VARIABLES = KEY, PASS = "EC_API_KEY", "EC_PASS"
