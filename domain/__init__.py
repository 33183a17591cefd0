"""What a rotation is and which moves are allowed: pure values and decisions, no clock, no I/O."""
