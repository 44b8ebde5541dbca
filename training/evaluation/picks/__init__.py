"""Next-basket lists judged: each customer's last visit is hidden, and everyone guesses it from what came before."""
