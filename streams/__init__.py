"""Making it move: all input and output lives in this room."""
