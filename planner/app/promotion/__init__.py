"""Promotion from the command line: from a project and its states to the questions of planner.promote."""
