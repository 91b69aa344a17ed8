"""What a patient's phone speaks with: today, the plan, how it goes, and the records it brings."""
