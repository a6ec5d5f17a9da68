"""The panel and the status sheet."""
