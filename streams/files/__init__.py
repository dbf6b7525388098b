"""Files that come with contacts: fetched where they lie, kept by what is in them."""
