"""Promotion: from a project and its states to the questions of planner.promote, and to what is pinned."""
