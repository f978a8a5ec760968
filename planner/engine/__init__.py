"""The verbs: refresh, diff, plan, apply, recover.

Planning is pure, values in, values out; planning.py tells its stages. Refresh, apply and recover reach the
world only through the ports in ports.py, so nothing here knows HTTP, files or terminals.
"""
