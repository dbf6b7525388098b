"""How well the models understand: figures with their counts and intervals, over labelled data."""
