"""领导批示件: registering, correcting, importing and listing leaders' instructions."""
