"""What staff tools call, by story."""
