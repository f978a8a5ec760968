"""The use cases: functions from a request and ports to values. They print nothing and read no arguments."""
