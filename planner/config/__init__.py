"""Project, environment and templates become desired resources, each with its place in a file.

The stages, each in a file of its own: sources (bytes of the project's files) -> project and variables (values
with their origin) -> rendering (jinja2, values as opaque tokens) -> yaml_document (text to data, tokens put
back) -> blocks (data to resources and outputs, checked) -> load (all of it, every problem collected).

Nothing here calls an API or knows the state. The kinds' schemas are passed in.
"""
