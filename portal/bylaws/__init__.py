"""What a city sets for itself without a new release: deadlines, ladder and limits in versions, and its calendar."""
