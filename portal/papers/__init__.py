"""文稿: what is drafted, signed, issued, numbered and kept, whatever record it belongs to."""
