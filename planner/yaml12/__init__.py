"""YAML 1.2's core schema, once: what a plain scalar stands for, and numbers that know how they were written.

What never lives here: parsing, and anything of the project's; all of it may import this.
"""
