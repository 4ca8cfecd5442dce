"""Envelope encryption of confidential content and of files, and the screen that keeps state secrets out."""
