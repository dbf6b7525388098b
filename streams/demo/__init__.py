"""The demo: a recorded week of real dialogues, played through all agents."""
