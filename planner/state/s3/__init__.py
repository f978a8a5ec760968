"""The state in an S3 bucket, of any server that honours conditional writes: AWS, MinIO, Ceph, R2, ...

    s3://bucket[/prefix]            <prefix>/<project>/<environment>.json: many share a bucket or a prefix
    s3://bucket/some/key.json       that key; for one environment only

Beside `dev.json`, the present snapshot, lie as the objects of one state:

    dev.history/00000007.json       the snapshots kept, the present one included
    dev.journal/0000000042          one group of lines since, at a position that is never given twice
    dev.lock                        who holds the lock, JSON; it stays when nobody does
    dev.probe                       what is written to see whether the server honours conditions

    target.py       the URL: which bucket, key and server
    client.py       a client of botocore for that, what it authenticates with, and why it fails, in words
    bucket.py       the requests, sent again where they may be
    objects.py      the present snapshot, the history and the journal
    backend.py      the lock, and the port, made of these

Every object that counts is written on a condition: that there is none yet (If-None-Match: *) or that it is
the one that was read (If-Match). Each write carries an id, so that one whose reply was lost is known again.
The server has to honour conditions, which is tried out before the first write, and to list what was written,
as all of those named do.

A former holder's requests may arrive late, and nobody can call them back. Whoever takes a lock that was not
released in order puts up a fence first, and so does who breaks one (`S3Backend._fence`):

- at the journal's next position an object of the taker's own: there, and only there, the former holder
  would write next;
- to the present snapshot a blank, which readers leave out: it gets another ETag, and the former holder's
  write was for the one before.

botocore is an extra (`s3`): only `target` may be imported without it.
What never lives here: credentials. They come from where botocore always finds them.
"""
