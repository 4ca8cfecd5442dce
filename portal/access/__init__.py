"""Who may see, who may do: one policy, one seam. Knows people only as a frozen `Actor`."""
