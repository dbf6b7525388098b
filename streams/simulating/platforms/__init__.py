"""The platforms as they call a gateway: what they send, and how they sign it; one file each."""
