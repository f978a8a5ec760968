"""What a change does to each environment: compared, planned, and posted on a pull request."""
