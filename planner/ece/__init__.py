"""The ECE HTTP client: it knows HTTP and the API's conventions.

    operations.py    what can be asked: Operation, Timeouts, and what every attempt of a call sends: Message
    uploads.py       what is uploaded, and in which form
    upload_bodies.py archives as streamed bodies
    replies.py       what comes back: Reply, and the API's (or a gateway's) error replies
    verdicts.py      one attempt judged: a reply, an error, or "try again"
    retry.py         how long to wait before the next attempt
    throttle.py      a server's rate limit, shared by all threads
    tries.py         the attempts of one call
    wirelog.py       it and its reply on the logger planner.ece
    auth.py          API key, basic, login with a bearer token
    settings.py      how to reach an installation
    sources.py       where a setting comes from: planner.yaml or the process environment
    credentials.py   which credentials are taken
    wsgi.py          a transport that calls a WSGI app without a socket
    redaction.py     what a log or a message must not show
    client.py        all of it together, and a client for settings

How one request is sent, where it may go and how much of a reply is read: planner.net.

What never lives here: kinds and their attributes, plans, state, prompts, printing. Nothing here knows what an
extension is; advice about one kind is added by that kind, by error code.

What loads an HTTP library is not named here, as many commands ask no installation: import client and wsgi
where something is sent.
"""

from planner.ece.auth import ApiKeyAuth, Auth, BasicAuth, LoginAuth
from planner.ece.operations import Operation, Timeouts, can_be_sent
from planner.ece.redaction import Discretion, redact
from planner.ece.replies import Reply
from planner.ece.retry import RetryPolicy
from planner.ece.settings import Settings
from planner.ece.uploads import MULTIPART, RAW, Upload, UploadForm

__all__ = [
    "MULTIPART",
    "RAW",
    "ApiKeyAuth",
    "Auth",
    "BasicAuth",
    "Discretion",
    "LoginAuth",
    "Operation",
    "Reply",
    "RetryPolicy",
    "Settings",
    "Timeouts",
    "Upload",
    "UploadForm",
    "can_be_sent",
    "redact",
]
