"""Resource kinds: schema files read into Kind objects, and the drivers that speak to the API for them.

A plain kind is one file in schemas/kinds/ and needs no Python: RestDriver does what the file says. An odd one
names a small class that overrides a step or two; it may call planner.ece, read files by planner.archives, and
speaks in classes of planner.model. Nothing here plans, orders, or knows the state.
"""
