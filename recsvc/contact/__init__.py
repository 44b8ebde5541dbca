"""Never nag: what a customer was shown, how it ended, and whether to write to them. Pure: days are arguments."""
