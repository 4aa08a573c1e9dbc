"""From funded to running: milestones and who is late with them."""
