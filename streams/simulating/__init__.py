"""Playing the platforms: what they send to a gateway, and what they answer to a desk."""
