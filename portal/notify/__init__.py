"""What people are told: messages in the portal, deliveries by other channels, and the ladder of reminders."""
