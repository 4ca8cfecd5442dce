"""The network of units, the posts that people hold in it, and who stands in for whom."""
