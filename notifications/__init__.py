"""When and how Amble speaks to people: reminders, the ledger of notifications, and the ways they leave."""
