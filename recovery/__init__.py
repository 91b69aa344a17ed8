"""Who is recovering, with what plan, and how it goes."""
