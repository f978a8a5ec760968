"""Project, environment and templates become desired resources, each with its place in a file.

The stages, each in a file of its own: sources (the project's files, as text or as data) -> project, variables
and locals (values with their origin) -> templates, by rendering (jinja2, values as opaque tokens) and
yaml_document (text to data, tokens put back) -> blocks (data to resources, outputs and statements, checked
one by one, then all together) -> load (all of it, every problem collected).

What jinja does is done in jobs (jobs, template_jobs, checks): in this process, or apart, in one that can be
ended (apart, workshop).

Nothing here calls an API or knows the state. The kinds' schemas are passed in.
"""
