"""A week of customers who react to what is done, before three kinds of support desk."""
