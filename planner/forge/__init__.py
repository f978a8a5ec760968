"""Comments on pull requests, and pull requests opened.

One file per forge holds all that is special about it and its CI, and ends with its `Kind` (kind.py);
registry.py lists these, and what is below is the only other place that a new forge needs. port.py says what a
forge does, connection.py what all do alike; locating.py finds the pull request that is meant; posting.py
keeps one comment up to date; client.py speaks HTTP, and retry.py says how long it waits. The text is made
elsewhere.
"""

LISTED = "github, gitlab, gitea, bitbucket or azure"
"""What help says."""
SECRET_VARIABLES = (
    *("AZURE_DEVOPS_PAT", "BITBUCKET_API_TOKEN", "BITBUCKET_TOKEN", "FORGEJO_TOKEN", "GH_TOKEN"),
    *("GITEA_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "SYSTEM_ACCESSTOKEN"),
)
"""What commands that load none of them keep secret: the variables of all their ways."""
