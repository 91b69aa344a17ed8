"""The clinic's own exercises and programs: the list, a form for each, and putting away what is no longer used."""
