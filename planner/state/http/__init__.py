"""The state at a server that speaks the protocol of Terraform's http backend, as GitLab's managed states.

The protocol knows one document per address (GET, POST, DELETE), and a lock beside it. It has no journal, no
history and no compare-and-swap, and its locks never end by themselves. The promises of the port rest on this:

- The document at the address is the head: who holds the lock, which snapshot is the present one, which are
  kept, and the lines of the journal. Only the head is ever rewritten. So a snapshot and its place in the
  history become true by one POST, and all lines of a group by one.
- A snapshot is a document of its own that is written once and never changed, under a number drawn at random:
  `<address>-content-<number>`, and at GitLab version <number> of one further state, `<address>-contents`.
  So what a step costs does not depend on the size of the state. The head names the document before it is
  written, and again when it is no longer needed: the next commit deletes what a crash left.
- Lines beyond 64 KiB go to such a document too, so that a group costs 64 KiB at most however long the run is.
- Every write of the head reads it first (one GET, one POST): it has to name this holder still. The POST
  carries the lock's ID, so that the server refuses it when the lock was broken, and If-Match where the server
  gives strong ETags; GitLab refuses a serial that it has. At a server that looks at none of these, a write
  that is between GET and POST when somebody breaks its lock may undo what the next holder wrote meanwhile.
- Whoever writes without holding the lock takes it for that write.
- A reply that was lost is looked for: the head names its last write. Only then is the request sent again.
- A reply is about what was asked: a further document tells its own number; the head names the holder while
  the lock is held, two replies agree on it before that, and it never goes back.

- Until a first document was kept beside the head, whoever takes the lock tries that out: the head is read
  back, and another address has to have nothing yet. A server that tells states apart by the query of the
  URL, or not at all, would have planner write over its own head.

Behind `encrypted: true` the head bears a mark that only who has the key can make, over all that it says.

The lock is not a lease. That of a process that died stays until `planner lock break ID`. Its holder is named
in the head, as the protocol has no verb to ask; whoever was refused the lock is told by the server, too. A
lock that something else took or freed, Terraform or a button of GitLab, is seen when one tries to take it:
`planner lock show` does, gives it back at once, and says so where it may not try.

Every write of the head counts up its `serial`, of which GitLab keeps a version for good: a run of a thousand
steps leaves some hundreds. Deleting both states at GitLab is the way to begin anew.

    target.py      the URL and the variables: addresses, methods, credentials
    wire.py        one request and its reply, or in words why there is none that can be used
    head.py        the documents as JSON
    documents.py   reading and writing them, and the lock
    backend.py     the port, made of these

What never lives here: credentials in a URL, .netrc, redirects.
"""
