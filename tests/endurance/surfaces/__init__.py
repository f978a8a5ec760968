"""Where planner meets what it did not make: a part of the campaign "hostile".

A surface spoils something and runs commands; `call` raises Broken where one ends as none may. It has a
process of its own, so it may set what belongs to a process: folder and environment.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import files, servers, variables
from .site import ALWAYS, Site, Surface, make_bases

__all__ = ["ALWAYS", "SURFACES", "Site", "Surface", "make_bases"]

SURFACES: Mapping[str, Surface] = {
    "replies of the API": servers.api,
    "replies of forges": servers.forge,
    "replies of http states": servers.http_state,
    "replies of S3": servers.s3_state,
    "files": files.project_files,
    "files of a chain": files.chain_files,
    "files of git": files.git_files,
    "odd files": files.places,
    "archives": files.archives,
    "trees": files.trees,
    "variables of jobs": variables.job_variables,
    "variables": variables.own_variables,
    "words": variables.words,
}
"""By what is counted."""
