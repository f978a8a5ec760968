"""What planner promises about secrets, hostile input and the terminal, each with attempts to break it."""
