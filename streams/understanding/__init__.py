"""What the models make of a message: the light tier, in plain numpy."""
