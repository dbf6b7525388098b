"""The command line: thin over `streams.desk`, one module a group of commands."""
