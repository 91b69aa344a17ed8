"""The pages of therapists, clinicians and administrators. They show and pass on, and decide nothing."""
