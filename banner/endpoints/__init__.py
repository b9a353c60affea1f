"""What answers under our prefix: the choice, the receipt, events, and what the guard reports."""
