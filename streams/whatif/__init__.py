"""What would have been decided under another policy or by other models, of what really came."""
