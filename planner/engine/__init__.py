"""The verbs: refresh, diff, plan, apply, recover.

Planning (diff, decide, removal, steps, planning) is pure: values in, values out. Refresh, apply and recover
reach the world only through the ports in ports.py, so nothing here knows HTTP, files or terminals.
"""
