"""What every page shares: who may pass, one commit per request, refusals as pages, headers, forms, the frame."""
