"""What runs in a deployment: attempts of plans, instances, what these loaded, and how well they are.

Nothing runs by itself. An attempt knows when it goes on (`attempts`); before a request is answered, whatever
was to happen until then does, in its order and with the content of then (`course`). Instances start as their
plan's effective lists say (`entries`), unless Elasticsearch would refuse what they load (`boot`,
`dictionaries`). What a read shows of it is in `shown`, what may be asked for in `commands`, and Elasticsearch
behind the API's proxy in `proxy`.
"""
