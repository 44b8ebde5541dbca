"""The HTTP side: what is asked, what is answered, and the specification of both."""
