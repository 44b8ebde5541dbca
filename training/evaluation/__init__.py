"""How good shelves are: a time split, three kinds of questions, metrics with intervals, and peers to stand beside."""
