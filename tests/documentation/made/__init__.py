"""What pages say that is made of the code, the schemas and the kinds: one module for each source.

A page has what people wrote first, then a mark, and below it what is made; PLANNER_UPDATE_README=1 makes that
anew.
"""
