"""Why: the chain of causes of anything, back to what came from outside, on either engine."""
