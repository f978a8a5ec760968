"""Plans and drift as text for a terminal.

plan.py  the sections of a plan, and the block of one resource
files.py the files of an archive that change
rows.py  attributes as aligned lines; a Line knows its sign, so that other formats can lay it out anew
"""
