"""What people do to a recovery, by story. Every verb is keyword-only and names its doer."""
