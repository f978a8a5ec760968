"""Roll-outs: which deployments a change is carried to and in which waves (planned.py), whose turn it is
while a plan is carried out (waves.py), and the plan that goes on with one that began, or back (again.py).
"""
