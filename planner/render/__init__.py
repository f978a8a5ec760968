"""What people read: plans, diagnostics and ledgers as text, and the progress of an apply.

Renderers take classes of planner.model and return text. They escape whatever came from values or the API;
known secrets are taken out before, by planner.app.redaction. Nothing here decides, reads a file
or looks at the environment: width and colours are passed in. text/, markdown/ and html/ lay out what view.py
says of a plan; each module beside them is about one thing, its document for programs included.
"""
