"""The sides of the providers that messages are sent to, one file each."""
