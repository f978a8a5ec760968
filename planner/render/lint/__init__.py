"""What linting found, as text for people and in the forms that other programs read: one module for each."""
